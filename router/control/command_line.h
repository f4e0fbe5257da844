// CommandLine: what tamada-router was started with. Exit codes: common/process/command_line.h.
#pragma once

#include <string>
#include <variant>

#include "common/process/command_line.h"

namespace tamada::router {

struct CommandLine {
  std::string file;  // -f FILE; empty: from the environment alone
  bool check_only = false;
};

// `has_nodes`: TAMADA_NODES is set, so that no file is needed. Never prints, never exits.
[[nodiscard]] std::variant<CommandLine, EarlyExit> parse_command_line(int argc, const char* const* argv,
                                                                      bool has_nodes);

}  // namespace tamada::router
