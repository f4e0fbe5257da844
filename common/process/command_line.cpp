#include "common/process/command_line.h"

#include <CLI/CLI.hpp>

#include <sstream>

namespace tamada {

std::string program_version_number() {
  return TAMADA_VERSION;
}

std::optional<EarlyExit> parse_options(CLI::App& app, const std::string& program, int argc,
                                       const char* const* argv) {
  app.name(program);
  app.set_version_flag("--version", program + " " + program_version_number(), "Print the version");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // --help and --version come this way too, with code 0.
    std::ostringstream out;
    std::ostringstream err;
    const int code = app.exit(error, out, err);
    return EarlyExit{code == 0 ? exit_ok : exit_usage, code == 0 ? out.str() : err.str()};
  }
  return std::nullopt;
}

}  // namespace tamada
