// Options that people give for initdb, pg_basebackup and pg_rewind (bootstrap.initdb, postgresql.basebackup,
// postgresql.rewind): as words of a command line, without those that are the agent's own business.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tamada::agent {

enum class Tool { initdb, pg_basebackup, pg_rewind };
[[nodiscard]] const char* name_of(Tool tool);

// An element of a list or of a map of the configuration: {"data-checksums"}, {"encoding", "UTF8"}.
struct ToolOption {
  std::string name;  // without the two dashes
  std::optional<std::string> value;
};

struct ToolOptionWords {
  std::vector<std::string> words;    // "--encoding=UTF8"
  std::vector<std::string> refused;  // one sentence each: what stands there, why it cannot be used, what does
};

// Refused are the options that the agent sets itself, also abbreviated, and names that are no long options. The
// forbidden ones are Patroni's: of initdb pgdata, nosync, pwfile, sync-only, version; of pg_basebackup pgdata, format,
// wal-method, xlog-method, gzip, version, dbname, host, port, username, password, and compress, but on the server
// from 15 on; of pg_rewind the places of both servers. `major`: of the program.
[[nodiscard]] ToolOptionWords tool_option_words(Tool tool, const std::vector<ToolOption>& options, int major);

}  // namespace tamada::agent
