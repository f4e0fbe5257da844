#include "agent/control/command_line.h"

#include <CLI/CLI.hpp>

namespace tamada::agent {

std::variant<CommandLine, EarlyExit> parse_command_line(int argc, const char* const* argv,
                                                        bool has_variables) {
  CommandLine line;
  CLI::App app{
      "Keeps PostgreSQL on this node highly available: with etcd, and with the agents of the other nodes."};
  app.add_option("configfile", line.path, "A patroni.yml, or a folder whose *.yml and *.yaml count together")
      ->type_name("FILE|DIR");
  app.add_flag("--validate-config", line.validate_config,
               "Only check the configuration: exit 0, or 1 with every error");
  app.add_flag("-i,--ignore-listen-port", line.ignore_listen_port,
               "With --validate-config: ports may be in use, by a running agent and its server");
  app.footer(
      "Settings can also come from PATRONI_* variables, which win over the file.\n"
      "SIGHUP reads the file again; SIGTERM and SIGINT hand the lock over, stop PostgreSQL and end (in pause "
      "they leave\n"
      "PostgreSQL as it is).\n"
      "Exit codes: 0 stopped or checked, 1 it cannot start or go on, 2 command line.");
  if (auto exit = parse_options(app, "tamada-agent", argc, argv)) return *std::move(exit);
  if (line.path.empty() && !has_variables) {
    return EarlyExit{exit_usage,
                     "tamada-agent: no configuration: name a file (tamada-agent patroni.yml), or give "
                     "PATRONI_* variables. "
                     "See --help.\n"};
  }
  return line;
}

}  // namespace tamada::agent
