// What the command lines of all programs here have alike: the version, how a mistake is told, the exit codes.
//
// Exit codes: 0 it ran and was asked to stop, or what was asked for has been done; 1 the configuration is wrong or
// cannot be put in force, each error is on standard error; 2 the command line is wrong.
#pragma once

#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace tamada {

inline constexpr int exit_ok = 0;
inline constexpr int exit_configuration = 1;
inline constexpr int exit_usage = 2;

// Nothing to run: print `text` (to standard error unless `code` is 0) and exit.
struct EarlyExit {
  int code = exit_ok;
  std::string text;
};

// Adds --version to the options of `app` and fills them; `program` is its name. Set: --help, --version or a wrong command
// line. Never prints, never exits.
[[nodiscard]] std::optional<EarlyExit> parse_options(CLI::App& app, const std::string& program, int argc,
                                                     const char* const* argv);

[[nodiscard]] std::string program_version_number();  // "0.1.0"

}  // namespace tamada
