#include "router/control/command_line.h"

#include <CLI/CLI.hpp>

namespace tamada::router {

std::variant<CommandLine, EarlyExit> parse_command_line(int argc, const char* const* argv, bool has_nodes) {
  CommandLine line;
  CLI::App app{"Routes PostgreSQL sessions to the node of a Patroni cluster that is fit for them."};
  app.add_option("-f,--file", line.file,
                 "The configuration file; it is watched, changes are applied in place")
      ->type_name("FILE");
  app.add_flag("-c,--check", line.check_only, "Only check the configuration: exit 0, or 1 with every error");
  app.footer(
      "Settings can also come from TAMADA_* variables, which win over the file;\n"
      "TAMADA_NODES=patroni1,patroni2 alone is enough.\n"
      "SIGHUP reads the file again, SIGTERM drains and stops, SIGUSR1 stops once the last session has "
      "ended,\n"
      "SIGUSR2 starts the program anew and hands the ports to it.\n"
      "Exit codes: 0 stopped or checked, 1 configuration or port, 2 command line.");
  if (auto exit = parse_options(app, "tamada-router", argc, argv)) return *std::move(exit);
  if (line.file.empty() && !has_nodes) {
    return EarlyExit{
        exit_usage,
        "tamada-router: nothing to route: name a configuration file (tamada-router -f router.yaml)\n"
        "or the nodes in the environment (TAMADA_NODES=patroni1,patroni2). See --help.\n"};
  }
  return line;
}

}  // namespace tamada::router
