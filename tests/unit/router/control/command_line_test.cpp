#include "router/control/command_line.h"

#include <catch2/catch.hpp>

#include <vector>

namespace tamada::router {
namespace {

std::variant<CommandLine, EarlyExit> parse(std::vector<const char*> words, bool has_nodes = false) {
  words.insert(words.begin(), "tamada-router");
  return parse_command_line(static_cast<int>(words.size()), words.data(), has_nodes);
}

TEST_CASE("a file and a check are understood", "[command_line]") {
  const auto line = std::get<CommandLine>(parse({"-f", "router.yaml", "-c"}));
  CHECK(line.file == "router.yaml");
  CHECK(line.check_only);
  CHECK_FALSE(std::get<CommandLine>(parse({"--file", "router.yaml"})).check_only);
}

TEST_CASE("without a file, nodes in the environment are enough", "[command_line]") {
  CHECK(std::get<CommandLine>(parse({}, true)).file.empty());
  const auto exit = std::get<EarlyExit>(parse({}));
  CHECK(exit.code == exit_usage);
  CHECK(exit.text.find("TAMADA_NODES=patroni1,patroni2") != std::string::npos);
}

TEST_CASE("the version and help end well, a wrong option does not", "[command_line]") {
  CHECK(std::get<EarlyExit>(parse({"--version"})).code == exit_ok);
  CHECK(std::get<EarlyExit>(parse({"--version"})).text == "tamada-router " + program_version_number() + "\n");
  CHECK(std::get<EarlyExit>(parse({"--help"})).code == exit_ok);
  CHECK(std::get<EarlyExit>(parse({"--nonsense"})).code == exit_usage);
  CHECK(std::get<EarlyExit>(parse({"-f"})).code == exit_usage);
}

}  // namespace
}  // namespace tamada::router
