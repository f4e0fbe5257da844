// How PostgreSQL itself is started: the server, single-user mode, and the questions that the program answers without
// a server (Patroni's contract 3.5, 3.13). The guard starts the first two.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/postgres/formats/control_data.h"
#include "agent/postgres/formats/program_call.h"
#include "agent/postgres/formats/server_config_text.h"

namespace tamada::agent {

// Settings that go to the server as options, so that neither ALTER SYSTEM nor an included file changes them. All
// nodes of a cluster must have the same, so they come from the shared configuration only; three are forced by the
// node itself.
struct CommandLineSetting {
  std::string_view name;
  std::string_view standard;  // empty: forced by the node, there is no default
  enum class Check { forced, wal_level, minimum, boolean };
  Check check;
  std::int64_t least;  // of `minimum`
};
[[nodiscard]] const std::vector<CommandLineSetting>& command_line_settings();
[[nodiscard]] bool is_command_line_setting(std::string_view name);

struct CommandLineValues {
  Settings values;  // one for each of command_line_settings(), but for forced ones that were not given
  // Names whose value could not be taken, and has the default instead: each is to be told.
  std::vector<std::string> replaced;
};
// `shared`: of the shared configuration, other names are ignored. `forced`: listen_addresses, port, cluster_name.
// hot_standby and wal_log_hints are always on.
[[nodiscard]] CommandLineValues command_line_values(const Settings& shared, const Settings& forced);

// One of the five settings that a standby must have as high as its primary had it, raised to pg_control's value;
// otherwise it would not start. The difference is a pending restart.
struct RaisedSetting {
  std::string name;
  std::string wanted;
  std::string used;
  bool operator==(const RaisedSetting&) const = default;
};
// Raises `values` where pg_control knows more than they say; what is unknown there raises nothing. Only for a server
// that starts in recovery: a primary may have less than before.
[[nodiscard]] std::vector<RaisedSetting> raise_to_control(Settings& values, const ControlSettings& control);

struct PostmasterStart {
  std::string program;               // path of postgres
  std::string data_dir;              // absolute
  std::string config_file;           // absolute
  Settings command_line;             // CommandLineValues::values, raised
  EnvironmentVariables environment;  // server_environment()
  // postmaster.pid names a process that is no PostgreSQL: its number, which the server would take for one of its
  // own otherwise and not start (PG_GRANDPARENT_PID).
  std::optional<pid_t> foreign_pid;
};
// It starts in the data directory, whither the server goes anyway: by it its processes are known.
[[nodiscard]] ProgramCall postmaster_call(const PostmasterStart& start);

// Crash recovery without letting anybody in: reads commands from its standard input, which must be empty. The
// archiver is off by a command that fails, so that no segment is thought to be archived.
// `command_line`: as for the server that ran last.
[[nodiscard]] ProgramCall single_user_call(const std::string& program, const std::string& data_dir,
                                           const std::string& config_file, const Settings& command_line,
                                           const EnvironmentVariables& tool_environment);

// postgres -C NAME: what a setting would be after a start. Of a running server, too; it must not be asked of a
// directory that is being made.
[[nodiscard]] ProgramCall setting_call(const PostmasterStart& start, const std::string& name);

}  // namespace tamada::agent
