// Runs every tests/scenarios/*.txt against router/cluster alone. With TAMADA_REWRITE_SCENARIOS=1 the files
// are rewritten with what came out: commit that only if you understand each difference.
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/scenarios/commands.h"
#include "tests/scenarios/script.h"

namespace {

namespace scenario = tamada::router::scenario;
using Lines = std::vector<std::string>;

std::vector<std::filesystem::path> scenario_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(SCENARIO_FOLDER)) {
    const bool is_list = entry.path().filename() == "CMakeLists.txt";
    if (entry.path().extension() == ".txt" && !is_list) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// The default listeners of the router, unless the scenario says otherwise.
void add_default_listeners(scenario::World& world) {
  if (world.started() || !world.policy.listeners.empty()) return;
  tamada::router::ListenerPolicy write;
  write.name = "write";
  (void)world.add_listener(write);
  tamada::router::ListenerPolicy read;
  read.name = "read";
  read.to = tamada::router::Target::replica;
  read.otherwise_leader = true;
  (void)world.add_listener(read);
}

// "- " expected and not there, "+ " there and not expected, in order.
std::string difference(const Lines& expected, const Lines& actual) {
  std::vector<Lines::size_type> row(actual.size() + 1, 0);
  std::vector<std::vector<Lines::size_type>> common(expected.size() + 1, row);
  for (std::size_t i = expected.size(); i-- > 0;) {
    for (std::size_t j = actual.size(); j-- > 0;) {
      common[i][j] =
          expected[i] == actual[j] ? common[i + 1][j + 1] + 1 : std::max(common[i + 1][j], common[i][j + 1]);
    }
  }
  std::string text;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < expected.size() || j < actual.size()) {
    if (i < expected.size() && j < actual.size() && expected[i] == actual[j]) {
      text += "  " + expected[i++] + "\n";
      ++j;
    } else if (j == actual.size() || (i < expected.size() && common[i + 1][j] >= common[i][j + 1])) {
      text += "- " + expected[i++] + "\n";
    } else {
      text += "+ " + actual[j++] + "\n";
    }
  }
  return text;
}

bool is_setting(const std::string& command) {
  for (const char* word : {"nodes", "listener", "scope", "no", "pinned", "etcd", "interval", "the words"}) {
    if (command == word || command.starts_with(std::string(word) + " ")) return true;
  }
  return false;
}

void run_file(const std::filesystem::path& file) {
  const bool rewrite = std::getenv("TAMADA_REWRITE_SCENARIOS") != nullptr;
  std::vector<scenario::Block> blocks = scenario::parse_script(read(file));
  scenario::World world;
  for (scenario::Block& block : blocks) {
    for (const std::string& command : block.commands) {
      if (!is_setting(command)) add_default_listeners(world);
      const std::string error = scenario::carry_out(world, command);
      if (!error.empty()) FAIL_CHECK(file.filename().string() << ": \"" << command << "\": " << error);
    }
    const Lines violations = world.take_violations();
    if (!violations.empty()) {
      FAIL_CHECK(file.filename().string() << ":" << block.line << ": broken promise: "
                                          << fmt::format("{}", fmt::join(violations, "; ")));
    }
    Lines actual = world.take_output();
    if (actual == block.expected) continue;
    if (rewrite) {
      block.expected = std::move(actual);
      continue;
    }
    FAIL_CHECK(file.filename().string()
               << ":" << block.line << ": after \"" << block.commands.back() << "\" (- expected, + came):\n"
               << difference(block.expected, actual));
  }
  if (rewrite) std::ofstream(file) << scenario::write_script(blocks);
}

}  // namespace

TEST_CASE("every scenario comes out as written", "[scenarios]") {
  const std::vector<std::filesystem::path> files = scenario_files();
  REQUIRE_FALSE(files.empty());
  for (const std::filesystem::path& file : files) {
    SECTION(file.stem().string()) {
      run_file(file);
    }
  }
}

TEST_CASE("a scenario is read and written back unchanged", "[scenarios]") {
  for (const std::filesystem::path& file : scenario_files()) {
    const std::string text = read(file);
    INFO(file.filename().string());
    CHECK(scenario::write_script(scenario::parse_script(text)) == text);
  }
}
