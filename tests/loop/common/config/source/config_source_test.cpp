#include "common/config/source/config_source.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "common/config/source/config_files.h"
#include "tests/support/loop_fixture.h"
#include "tests/support/temporary_folder.h"

namespace tamada {
namespace {

struct SourceFixture : loop::LoopFixture {
  TemporaryFolder folder;
  loop::SideThread side{loop};
  std::vector<std::string> told;  // what came of each reading
  std::shared_ptr<std::atomic<int>> readings = std::make_shared<std::atomic<int>>(0);

  [[nodiscard]] std::string file() const { return folder / "config"; }
  static void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

  // The configuration is the text of the file, with that of the file it names in its place.
  ConfigSource<std::string>::Read content() {
    return [counted = readings, path = file()](const FileReader& read_file) -> std::string {
      ++*counted;
      const auto text = read_file(path);
      if (!text) return "error";
      if (!text->starts_with("/")) return *text;
      return read_file(*text).value_or("missing");
    };
  }
  bool wait_for(const std::string& text) {
    return run_until([&] { return !told.empty() && told.back() == text; }, 30s);
  }
  auto tell() {
    return [this](const std::string& loaded) { told.push_back(loaded); };
  }
};

TEST_CASE_METHOD(SourceFixture, "nothing is read before somebody asks or the file changes",
                 "[config_source]") {
  write(file(), "one");
  ConfigSource<std::string> source(loop, side, file(), content(), tell());
  CHECK(source.path() == file());
  run_turns();
  CHECK(told.empty());
  source.reload();
  REQUIRE(wait_for("one"));
  write(file(), "two");
  REQUIRE(wait_for("two"));
}

TEST_CASE_METHOD(SourceFixture, "a file that is replaced, taken away and put back is read each time",
                 "[config_source]") {
  write(file(), "one");
  ConfigSource<std::string> source(loop, side, file(), content(), tell());
  source.reload();
  REQUIRE(wait_for("one"));
  write(folder / "beside", "two");
  std::filesystem::rename(folder / "beside", file());
  REQUIRE(wait_for("two"));
  std::filesystem::remove(file());
  REQUIRE(wait_for("error"));
  write(file(), "three");
  REQUIRE(wait_for("three"));
}

TEST_CASE_METHOD(SourceFixture, "files that the configuration names are watched while it names them",
                 "[config_source]") {
  const std::string named = folder / "named";
  write(file(), named);
  ConfigSource<std::string> source(loop, side, file(), content(), tell());
  source.reload();
  REQUIRE(wait_for("missing"));
  write(named, "one");
  REQUIRE(wait_for("one"));
  write(named, "two");
  REQUIRE(wait_for("two"));
  write(file(), "itself");
  REQUIRE(wait_for("itself"));
  const std::size_t before = told.size();
  write(named, "three");
  run_for(200ms);
  CHECK(told.size() == before);
}

TEST_CASE_METHOD(SourceFixture, "calls while a reading is on its way make one more, and the last is told",
                 "[config_source]") {
  write(file(), "one");
  ConfigSource<std::string> source(loop, side, file(), content(), tell());
  source.reload();
  REQUIRE(wait_for("one"));
  const int before = *readings;
  for (int i = 0; i < 10; ++i) source.reload();
  const std::size_t told_before = told.size();
  REQUIRE(run_until([&] { return told.size() > told_before; }, 30s));
  run_for(100ms);
  CHECK(told.size() == told_before + 1);
  CHECK(*readings == before + 2);
}

TEST_CASE_METHOD(SourceFixture, "a directory of files is read anew when one of them comes, changes or goes",
                 "[config_source]") {
  std::filesystem::create_directory(folder / "dir");
  write(folder / "dir/a.yml", "a: 1\n");
  ConfigSource<std::string> source(
      loop, side, folder / "dir",
      [dir = folder / "dir"](const FileReader& read_file) {
        std::vector<ConfigError> errors;
        std::string names;
        for (const auto& [key, value] : read_config_files(dir, read_file, {}, errors).document.root.entries) {
          names += key.text + value.text;
        }
        return names;
      },
      tell());
  source.reload();
  REQUIRE(wait_for("a1"));
  write(folder / "dir/a.yml", "a: 2\n");
  REQUIRE(wait_for("a2"));
  write(folder / "dir/b.yml", "b: 3\n");
  REQUIRE(wait_for("a2b3"));
  std::filesystem::remove(folder / "dir/a.yml");
  REQUIRE(wait_for("b3"));
}

TEST_CASE_METHOD(SourceFixture,
                 "without a file the environment's files are watched from the first reading on",
                 "[config_source]") {
  write(file(), "one");
  ConfigSource<std::string> source(loop, side, "", content(), tell());
  source.reload();
  REQUIRE(wait_for("one"));
  write(file(), "two");
  REQUIRE(wait_for("two"));
}

TEST_CASE_METHOD(SourceFixture, "one that is destroyed while it reads tells nothing", "[config_source]") {
  write(file(), "one");
  auto source = std::make_unique<ConfigSource<std::string>>(loop, side, file(), content(), tell());
  source->reload();
  source.reset();
  run_for(100ms);
  CHECK(told.empty());
}

}  // namespace
}  // namespace tamada
