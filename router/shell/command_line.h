// CommandLine: what tamada-router was started with.
//
// Exit codes of the program: 0 it ran and was asked to stop, or -c found nothing wrong; 1 the configuration
// is wrong or a port cannot be opened, each error is on standard error; 2 the command line is wrong.
#pragma once

#include <string>
#include <variant>

namespace tamada::router {

inline constexpr int exit_ok = 0;
inline constexpr int exit_configuration = 1;
inline constexpr int exit_usage = 2;

struct CommandLine {
  std::string file;  // -f FILE; empty: from the environment alone
  bool check_only = false;
};

// Nothing to run: print `text` (to standard error unless `code` is 0) and exit.
struct EarlyExit {
  int code = exit_ok;
  std::string text;
};

// `has_nodes`: TAMADA_NODES is set, so that no file is needed. Never prints, never exits.
[[nodiscard]] std::variant<CommandLine, EarlyExit> parse_command_line(int argc, const char* const* argv,
                                                                      bool has_nodes);

[[nodiscard]] std::string program_version_number();  // "0.1.0"

}  // namespace tamada::router
