// The command line of tamada-agent, as Patroni's.
#pragma once

#include <string>
#include <variant>

#include "common/process/command_line.h"

namespace tamada::agent {

struct CommandLine {
  std::string path;  // file or folder; empty: by variables
  bool validate_config = false;
  bool ignore_listen_port = false;  // a port that is in use is no error
};

[[nodiscard]] std::variant<CommandLine, EarlyExit> parse_command_line(int argc, const char* const* argv,
                                                                      bool has_variables);

}  // namespace tamada::agent
