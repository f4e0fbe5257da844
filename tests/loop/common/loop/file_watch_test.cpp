#include "common/loop/file_watch.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "common/loop/link_chain.h"
#include "tests/support/loop_fixture.h"
#include "tests/support/temporary_folder.h"

using namespace tamada;
using namespace tamada::loop;
namespace fs = std::filesystem;

namespace {

// A folder of the test's own, and what is done to files in it.
class Folder {
 public:
  [[nodiscard]] std::string at(const std::string& name) const { return (path / name).string(); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(path / name) << text; }
  // As careful programs and `ln -sfn` do: made aside, renamed over.
  void link_over(const std::string& target, const std::string& name) const {
    fs::create_symlink(target, path / (name + ".new"));
    fs::rename(path / (name + ".new"), path / name);
  }

  const TemporaryFolder temporary;
  const fs::path path = fs::canonical(temporary.path());
};

// Only inotify is to find changes, or only the slow way.
FileWatch::Options options_for(bool inotify) {
  FileWatch::Options options;
  options.settle = 5ms;
  options.recheck = inotify ? Duration(60min) : Duration(10ms);
  options.use_inotify = inotify;
  return options;
}

struct Watched {
  Watched(LoopFixture& fixture, const std::string& path, bool inotify)
      : test(fixture),
        watch(std::make_unique<FileWatch>(
            fixture.loop, path, [this] { ++changes; }, options_for(inotify))) {}
  // A change is seen, and when all is quiet again no further one is made up.
  bool sees(const std::function<void()>& change) {
    const int before = changes;
    change();
    if (!test.run_until([&] { return changes > before; }, 5s)) return false;
    test.run_for(30ms);
    const int after = changes;
    test.run_for(30ms);
    return changes == after;
  }

  LoopFixture& test;
  int changes = 0;
  std::unique_ptr<FileWatch> watch;
};

}  // namespace

TEST_CASE("every way to replace a file is seen", "[file_watch]") {
  const bool inotify = GENERATE(true, false);
  INFO((inotify ? "by inotify alone" : "by stat alone"));
  LoopFixture test;
  const Folder folder;
  folder.write("router.yaml", "one");
  Watched watched(test, folder.at("router.yaml"), inotify);
  test.run_for(20ms);
  CHECK(watched.changes == 0);

  CHECK(watched.sees([&] { folder.write("router.yaml", "written in place"); }));
  CHECK(watched.sees([&] {
    folder.write("other", "renamed over it");
    fs::rename(folder.at("other"), folder.at("router.yaml"));
  }));
  CHECK(watched.sees([&] { fs::remove(folder.at("router.yaml")); }));
  CHECK(watched.sees([&] { folder.write("router.yaml", "created again"); }));
  CHECK(watched.sees([&] { ::chmod(folder.at("router.yaml").c_str(), 0600); }));
}

TEST_CASE("a linked file is seen to change when its target does, and when the link does", "[file_watch]") {
  const bool inotify = GENERATE(true, false);
  LoopFixture test;
  const Folder folder;
  const Folder elsewhere;
  elsewhere.write("one.yaml", "1");
  elsewhere.write("two.yaml", "22");
  fs::create_symlink(elsewhere.at("one.yaml"), folder.path / "router.yaml");
  Watched watched(test, folder.at("router.yaml"), inotify);
  CHECK(watched.sees([&] { elsewhere.write("one.yaml", "more"); }));
  CHECK(watched.sees([&] {
    elsewhere.write("aside", "replaced");
    fs::rename(elsewhere.at("aside"), elsewhere.at("one.yaml"));
  }));
  CHECK(watched.sees([&] { folder.link_over(elsewhere.at("two.yaml"), "router.yaml"); }));
  CHECK(watched.sees([&] { elsewhere.write("two.yaml", "followed to the new target"); }));
  CHECK(watched.sees([&] { fs::remove(elsewhere.at("two.yaml")); }));
  CHECK(watched.sees([&] { elsewhere.write("two.yaml", "back"); }));
}

TEST_CASE("a folder swapped behind a link is seen, as Kubernetes does it", "[file_watch]") {
  const bool inotify = GENERATE(true, false);
  LoopFixture test;
  const Folder folder;
  fs::create_directory(folder.path / "..v1");
  fs::create_directory(folder.path / "..v2");
  folder.write("..v1/router.yaml", "1");
  folder.write("..v2/router.yaml", "22");
  fs::create_symlink("..v1", folder.path / "..data");
  fs::create_symlink("..data/router.yaml", folder.path / "router.yaml");
  Watched watched(test, folder.at("router.yaml"), inotify);
  CHECK(watched.sees([&] {
    folder.link_over("..v2", "..data");
    fs::remove_all(folder.path / "..v1");
  }));
  CHECK(watched.sees([&] { folder.write("..v2/router.yaml", "changed in the new folder"); }));
  CHECK(watched.sees([&] {
    fs::create_directory(folder.path / "..v3");
    folder.write("..v3/router.yaml", "333");
    folder.link_over("..v3", "..data");
  }));
}

TEST_CASE("a file is seen to appear in a folder that does not exist yet", "[file_watch]") {
  const bool inotify = GENERATE(true, false);
  LoopFixture test;
  const Folder folder;
  Watched watched(test, folder.at("etc/tamada/router.yaml"), inotify);
  fs::create_directory(folder.path / "etc");
  test.run_for(30ms);
  CHECK(watched.changes == 0);
  CHECK(watched.sees([&] {
    fs::create_directory(folder.path / "etc/tamada");
    folder.write("etc/tamada/router.yaml", "here");
  }));
  CHECK(watched.sees([&] { fs::remove_all(folder.path / "etc"); }));
  CHECK(watched.sees([&] {
    fs::create_directories(folder.path / "etc/tamada");
    folder.write("etc/tamada/router.yaml", "here again");
  }));
}

TEST_CASE("a burst of writes is told once", "[file_watch]") {
  LoopFixture test;
  const Folder folder;
  folder.write("router.yaml", "");
  Watched watched(test, folder.at("router.yaml"), true);
  for (int i = 0; i < 10; ++i) folder.write("router.yaml", std::string(static_cast<std::size_t>(i), 'x'));
  REQUIRE(test.run_until([&] { return watched.changes > 0; }));
  test.run_for(30ms);
  CHECK(watched.changes == 1);
}

TEST_CASE("a file that is written without end is told of nevertheless", "[file_watch]") {
  LoopFixture test;
  const Folder folder;
  folder.write("router.yaml", "");
  FileWatch::Options options = options_for(true);
  options.settle = 30ms;
  int changes = 0;
  const FileWatch watch(
      test.loop, folder.at("router.yaml"), [&] { ++changes; }, options);
  std::string text;
  Timer writer(test.loop, [&] { folder.write("router.yaml", text += "x"); });
  writer.start_repeating(1ms);
  REQUIRE(test.run_until([&] { return changes > 0; }));
}

TEST_CASE("other files of the folder are nobody's business", "[file_watch]") {
  LoopFixture test;
  const Folder folder;
  folder.write("router.yaml", "one");
  Watched watched(test, folder.at("router.yaml"), true);
  folder.write("other", "x");
  test.run_for(50ms);
  CHECK(watched.changes == 0);
}

TEST_CASE("a file watch may be destroyed inside its own callback", "[file_watch]") {
  LoopFixture test;
  const Folder folder;
  std::unique_ptr<FileWatch> watch;
  watch = std::make_unique<FileWatch>(
      test.loop, folder.at("router.yaml"), [&] { watch.reset(); }, options_for(true));
  folder.write("router.yaml", "x");
  REQUIRE(test.run_until([&] { return watch == nullptr; }));
  test.run_turns();
}

TEST_CASE("the folders on the way are those where a step could be replaced", "[file_watch]") {
  const Folder folder;
  const std::string base = folder.path.string();
  fs::create_directories(folder.path / "a/b");
  folder.write("a/b/file", "x");
  CHECK(folders_on_the_way(base + "/a/b/file") == std::vector<std::string>{base + "/a/b"});
  CHECK(folders_on_the_way(base + "/a/./b/../b//file") == std::vector<std::string>{base + "/a/b"});
  CHECK(folders_on_the_way(base + "/a/none/file") == std::vector<std::string>{base + "/a"});
  fs::create_symlink("a/b", folder.path / "link");
  CHECK(folders_on_the_way(base + "/link/file") == std::vector<std::string>{base, base + "/a/b"});
  fs::create_symlink("../b/gone", folder.path / "a/b/dangling");
  CHECK(folders_on_the_way(base + "/link/dangling") == std::vector<std::string>{base, base + "/a/b"});
  fs::create_symlink("loop", folder.path / "loop");
  CHECK(folders_on_the_way(base + "/loop") == std::vector<std::string>{base});
}
