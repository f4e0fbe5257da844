// The command lines of PostgreSQL's tools and of people's own methods (Patroni's contract 3.8, 3.10). LC_ALL=C is in
// the environment that the caller gives (tool_environment()); passwords are never on a command line: they stand in
// the file that PGPASSFILE names.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/postgres/formats/program_call.h"
#include "agent/postgres/formats/wal_position.h"
#include "common/base/result.h"

namespace tamada::agent {

// Where the tools are, and what all of them get.
struct ToolPlace {
  std::string bin_dir;
  EnvironmentVariables environment;
  std::map<std::string, std::string> names =
      {};  // "pg_rewind" -> what is called instead (postgresql.bin_name)
};

// `options`: ToolOptionWords::words. `password_file`: one line, the superuser's password; none: without.
struct InitdbPlan {
  std::string data_dir;
  std::vector<std::string> options;
  std::string superuser;  // empty: the name of the account
  std::optional<std::string> password_file;
};
[[nodiscard]] ProgramCall initdb_call(const ToolPlace& place, const InitdbPlan& plan);

// Into a folder that does not exist or is empty; with progress on its standard error.
struct BaseBackupPlan {
  std::string folder;
  std::string conninfo;  // with dbname, without password
  std::string passfile;
  std::vector<std::string> options;
};
[[nodiscard]] ProgramCall base_backup_call(const ToolPlace& place, const BaseBackupPlan& plan);

// A line of pg_basebackup's progress: "  1234/56789 kB (2%), 0/1 tablespace". The total is an estimate.
struct BackupProgress {
  std::uint64_t done_kb = 0;
  std::uint64_t total_kb = 0;
  bool operator==(const BackupProgress&) const = default;
};
[[nodiscard]] std::optional<BackupProgress> parse_backup_progress(std::string_view line);

struct RewindPlan {
  std::string data_dir;
  std::string source_conninfo;  // with dbname and target_session_attrs=read-write, without password
  std::string passfile;
  bool has_restore_command = false;        // then pg_rewind may fetch segments of the local log by itself
  std::optional<std::string> config_file;  // where it is not in the data directory; from 15 on
  int major = 0;
  std::vector<std::string> options;
};
[[nodiscard]] ProgramCall rewind_call(const ToolPlace& place, const RewindPlan& plan);

[[nodiscard]] ProgramCall control_data_call(const ToolPlace& place, const std::string& data_dir);

// `count` records of the log from `start` on; -p is the folder pg_wal.
[[nodiscard]] ProgramCall waldump_call(const ToolPlace& place, const std::string& wal_dir, Timeline timeline,
                                       WalPosition start, int count);

// What every installation of the server says of its settings: described_settings.h.
[[nodiscard]] ProgramCall describe_settings_call(const ToolPlace& place);

// A command of people's own: its words, then --NAME=VALUE for each parameter in the order given. Errors: the
// command cannot be cut into words.
struct MethodPlan {
  std::string command;
  std::vector<std::pair<std::string, std::string>> parameters;
};
[[nodiscard]] Result<ProgramCall> method_call(const EnvironmentVariables& environment,
                                              const MethodPlan& plan);

// The parameters of bootstrap.<method> and of postgresql.<method>: first ours (scope, datadir, ...) unless
// `no_params`, then the section's own keys but for those that are meant for the agent.
enum class MethodUse { bootstrap, create_replica };
struct MethodFacts {
  std::string scope;
  std::string data_dir;
  std::string connstring;  // create_replica: the member that is cloned from; empty: none
};
[[nodiscard]] std::vector<std::pair<std::string, std::string>> method_parameters(
    MethodUse use, const MethodFacts& facts, bool no_params,
    const std::vector<std::pair<std::string, std::string>>& section);

}  // namespace tamada::agent
