#include "common/process/command_line.h"

#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>

namespace tamada {
namespace {

std::optional<EarlyExit> parse(std::initializer_list<const char*> words, int& number) {
  CLI::App app{"Counts."};
  app.add_option("-n", number, "how many");
  std::vector<const char*> all{"counter"};
  all.insert(all.end(), words);
  return parse_options(app, "counter", static_cast<int>(all.size()), all.data());
}

TEST_CASE("a program's own options are filled, and it may run", "[command_line]") {
  int number = 0;
  CHECK_FALSE(parse({"-n", "7"}, number));
  CHECK(number == 7);
}

TEST_CASE("every program tells its version and its help, and ends well", "[command_line]") {
  int number = 0;
  const auto version = parse({"--version"}, number);
  REQUIRE(version);
  CHECK(version->code == exit_ok);
  CHECK(version->text == "counter " + program_version_number() + "\n");
  const auto help = parse({"--help"}, number);
  REQUIRE(help);
  CHECK(help->code == exit_ok);
  CHECK(help->text.find("how many") != std::string::npos);
}

TEST_CASE("a wrong command line ends with the code of its own", "[command_line]") {
  int number = 0;
  for (const auto& exit :
       {parse({"--nonsense"}, number), parse({"-n", "x"}, number), parse({"-n"}, number)}) {
    REQUIRE(exit);
    CHECK(exit->code == exit_usage);
    CHECK_FALSE(exit->text.empty());
  }
}

}  // namespace
}  // namespace tamada
