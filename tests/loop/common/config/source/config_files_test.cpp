#include "common/config/source/config_files.h"

#include <catch2/catch.hpp>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "common/config/source/process_environment.h"
#include "common/files/small_file.h"
#include "tests/support/temporary_folder.h"

using namespace tamada;

namespace {

void write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

std::string why_not(const std::string& path) {
  const auto files = config_files(path);
  return files ? "" : files.error().message;
}

const FileReader from_disk = [](const std::string& path) { return read_small_file(path); };

}  // namespace

TEST_CASE("a file is itself; what is not there is left to its reader", "[config_files]") {
  const TemporaryFolder folder;
  write(folder / "any.name", "a: 1\n");
  CHECK(config_files(folder / "any.name") == std::vector<std::string>{folder / "any.name"});
  CHECK(config_files(folder / "gone") == std::vector<std::string>{folder / "gone"});

  std::vector<ConfigError> errors;
  const ReadConfig config = read_config_files(folder / "gone", from_disk, {}, errors);
  CHECK_FALSE(config.document.whole);
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].to_string().find("gone: No such file or directory") != std::string::npos);
}

TEST_CASE("a directory is its YAML files in the order of their names", "[config_files]") {
  const TemporaryFolder folder;
  write(folder / "20-b.yaml", "a: {x: 2}\n");
  write(folder / "10-a.yml", "a: {x: 1, y: 1}\n");
  write(folder / ".hidden.yml", "broken: [\n");
  write(folder / "notes.txt", "broken: [\n");
  std::filesystem::create_directory(folder / "folder.yml");
  CHECK(config_files(folder.path()) == std::vector<std::string>{folder / "10-a.yml", folder / "20-b.yaml"});

  std::vector<ConfigError> errors;
  const ReadConfig config = read_config_files(folder.path(), from_disk, {}, errors);
  CHECK(errors.empty());
  REQUIRE(config.document.root.entries.size() == 1);
  const auto& entries = config.document.root.entries[0].value.entries;
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].value.text == "2");
  CHECK(config.files.at(entries[0].value.place.file) == (folder / "20-b.yaml"));
  CHECK(config.files.at(entries[1].value.place.file) == (folder / "10-a.yml"));
}

TEST_CASE("one broken file of several is told by its name, and the rest is there", "[config_files]") {
  const TemporaryFolder folder;
  write(folder / "a.yml", "a: 1\n");
  write(folder / "b.yml", "b: 2\nb: 3\nc: [\n");
  std::filesystem::create_symlink("nowhere", folder / "c.yml");
  std::vector<ConfigError> errors;
  const ReadConfig config = read_config_files(folder.path(), from_disk, {}, errors);
  CHECK_FALSE(config.document.whole);
  REQUIRE(errors.size() == 3);
  CHECK(errors[0].file == (folder / "b.yml"));
  CHECK(errors[0].line == 2);
  CHECK(errors[2].file == (folder / "c.yml"));
  CHECK(config.document.root.entries.size() == 2);
}

TEST_CASE("a directory that holds nothing, too many files or too much is refused", "[config_files]") {
  const TemporaryFolder folder;
  CHECK(why_not(folder.path()).ends_with("holds no *.yml or *.yaml; expected at least one"));
  std::vector<ConfigError> errors;
  for (const char* name : {"a.yml", "b.yml"}) write(folder / name, "# " + std::string(600'000, 'x') + "\n");
  CHECK_FALSE(read_config_files(folder.path(), from_disk, {}, errors).document.whole);
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].message == "1200006 bytes with the files before it; a configuration has at most 1048576");
  for (std::size_t i = 0; i < max_config_files; ++i) write(folder / (std::to_string(i) + ".yml"), "");
  CHECK(why_not(folder.path()).find("holds more than 100 files") != std::string::npos);
}

TEST_CASE("the variables of this process are read by their prefix", "[process_environment]") {
  REQUIRE(::setenv("TAMADATEST_A", "x=y", 1) == 0);
  REQUIRE(::setenv("TAMADATESTB", "", 1) == 0);
  CHECK(process_environment("TAMADATEST_") == Environment{{"TAMADATEST_A", "x=y"}});
  CHECK(process_environment("TAMADATEST").size() == 2);
  CHECK(process_environment("TAMADATEST_NONE").empty());
}
