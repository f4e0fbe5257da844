#include "common/files/state_file.h"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <vector>

#include "tests/support/loop_fixture.h"
#include "tests/support/temporary_folder.h"

using namespace tamada;

namespace {

struct Kept : loop::LoopFixture {
  Kept() : side(loop) {
    file.emplace(
        side, "state", [this] { return make(); }, [this](auto why) { told.push_back(why); });
  }
  ~Kept() { file.reset(); }

  StateFile::Text make() {
    ++asked;
    return [text = state] { return text; };
  }
  [[nodiscard]] std::string content() const {
    std::ifstream in(folder / "state");
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  bool has(const std::string& wanted) {
    return run_until([&] { return content() == wanted; });
  }

  TemporaryFolder folder;
  loop::SideThread side;
  std::string state = "one";
  int asked = 0;
  std::vector<std::optional<Error>> told;
  std::optional<StateFile> file;
};

}  // namespace

TEST_CASE_METHOD(Kept, "what is in the folder at the start is read, and what is not there is nothing",
                 "[state_file]") {
  CHECK(*file->use_folder(folder.path()) == std::nullopt);
  std::ofstream(folder / "state") << "before";
  StateFile other(
      side, "state", [this] { return make(); }, [](const auto&) {});
  CHECK(*other.use_folder(folder.path()) == "before");
}

TEST_CASE_METHOD(Kept, "what cannot be read is an error that names the file", "[state_file]") {
  std::filesystem::create_directory(folder / "state");
  const auto read = file->use_folder(folder.path());
  REQUIRE_FALSE(read);
  CHECK(read.error().message.find(folder / "state") != std::string::npos);
}

TEST_CASE_METHOD(Kept, "without a folder nothing is written", "[state_file]") {
  CHECK(file->use_folder(""));
  file->save();
  run_turns();
  CHECK(asked == 0);
}

TEST_CASE_METHOD(Kept, "a change is written, and changes meanwhile go together after it", "[state_file]") {
  CHECK(file->use_folder(folder.path()));
  file->save();
  state = "two";
  file->save();
  state = "three";
  file->save();
  REQUIRE(has("three"));
  CHECK(asked == 2);
  CHECK_FALSE(std::filesystem::exists(folder / "state.new"));
  CHECK(told.empty());
}

TEST_CASE_METHOD(Kept, "another folder gets what is known", "[state_file]") {
  const TemporaryFolder first;
  CHECK(file->use_folder(first.path()));
  CHECK(file->use_folder(folder.path()));
  REQUIRE(has("one"));
}

TEST_CASE_METHOD(Kept, "what cannot be written is told once, and again when it could", "[state_file]") {
  std::filesystem::create_directory(folder / "state.new");  // in the way
  CHECK(file->use_folder(folder.path()));
  file->save();
  REQUIRE(run_until([&] { return told.size() == 1; }));
  REQUIRE(told[0]);
  CHECK(told[0]->message.find(folder / "state.new") != std::string::npos);
  file->retry();
  REQUIRE(run_until([&] { return asked == 2; }));
  std::filesystem::remove(folder / "state.new");
  REQUIRE(run_until([&] {
    file->retry();
    return told.size() == 2;
  }));
  CHECK_FALSE(told[1]);
  CHECK(content() == "one");
}

TEST_CASE_METHOD(Kept, "while it is held nothing is written; what changed then comes afterwards",
                 "[state_file]") {
  CHECK(file->use_folder(folder.path()));
  file->save();
  int held = 0;
  std::string seen;
  file->hold([&](const std::optional<Error>& why) {
    CHECK_FALSE(why);
    seen = content();
    ++held;
  });
  CHECK(held == 0);  // one is being written
  REQUIRE(run_until([&] { return held == 1; }));
  CHECK(seen == "one");
  state = "two";
  file->save();
  run_turns();
  CHECK(content() == "one");
  CHECK(asked == 1);
  file->release();
  REQUIRE(has("two"));
}

TEST_CASE("a file is replaced as a whole, or left as it was", "[state_file]") {
  const TemporaryFolder folder;
  REQUIRE(replace_file(folder / "x", "long text"));
  REQUIRE(replace_file(folder / "x", "short"));
  std::ifstream in(folder / "x");
  std::string text;
  std::getline(in, text);
  CHECK(text == "short");
  const auto failed = replace_file(folder / "none/x", "text");
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == ErrorKind::system);
  CHECK(failed.error().message.starts_with("open " + (folder / "none/x.new")));
}
