#include "agent/postgres/data_directory.h"

#include <filesystem>

#include "agent/postgres/mount_points.h"
#include "tests/loop/agent/postgres/server_fixture.h"

using namespace tamada;
using namespace tamada::agent;

namespace {

namespace fs = std::filesystem;

// A folder that looks like a server's.
void fill(const std::string& folder, const std::string& mark) {
  fs::create_directories(folder + "/global");
  fs::create_directories(folder + "/pg_tblspc");
  std::ofstream(folder + "/PG_VERSION") << "15\n";
  std::ofstream(folder + "/global/pg_control") << std::string(8192, 'x');
  std::ofstream(folder + "/mark") << mark;
}

std::string mark_of(const std::string& folder) {
  return read_small_file(folder + "/mark").value_or("none");
}

const RemovePermission leftover(RemovePermission::Why::own_leftover);

}  // namespace

TEST_CASE("paths are put right", "[data_directory]") {
  CHECK(normalised_path("/data/") == "/data");
  CHECK(normalised_path("/data//a/../b/.") == "/data/b");
  CHECK(normalised_path("/") == "/");
  CHECK(normalised_path("data") == (fs::current_path() / "data").string());
  CHECK(DataDirectory("/data///").path() == "/data");
}

TEST_CASE("what is in a data directory is told", "[data_directory]") {
  const TemporaryFolder folder;
  const DataDirectory data(folder / "data/");
  CHECK(data.look().state == DataState::missing);
  fs::create_directory(folder / "data");
  CHECK(data.look().state == DataState::empty);
  fs::create_directory(folder / "data/lost+found");
  std::ofstream(folder / "data/.hidden") << "x";
  CHECK(data.look().state == DataState::empty);
  std::ofstream(folder / "data/notes") << "x";
  CHECK(data.look().state == DataState::foreign);
  std::ofstream(folder / "data/PG_VERSION") << "15\n";
  CHECK(data.look().state == DataState::control_broken);
  fill(folder / "data", "a");
  CHECK(data.look().state == DataState::valid);
  CHECK(data.look().major == 15);
  fs::remove(folder / "data/PG_VERSION");
  CHECK(data.look().state == DataState::control_broken);
  std::ofstream(folder / "data/PG_VERSION") << "15\n";
  fs::permissions(folder / "data", fs::perms::none);
  CHECK(data.look().state == DataState::unreadable);
  fs::permissions(folder / "data", fs::perms::owner_all);
  fs::create_symlink("loop", folder / "loop");
  CHECK(DataDirectory(folder / "loop").look().state == DataState::unreadable);
}

TEST_CASE("data is set aside once, with its log and tablespaces", "[data_directory]") {
  const TemporaryFolder folder;
  const DataDirectory data(folder / "data");
  CHECK(data.set_aside(std::nullopt).has_value());  // nothing there
  fill(folder / "data", "first");
  fs::create_directory(folder / "wal");
  std::ofstream(folder / "wal/000000010000000000000001") << "x";
  fs::create_symlink(folder / "wal", folder / "data/pg_wal");
  fs::create_directories(folder / "space/PG_15_202209061");
  fs::create_symlink(folder / "space", folder / "data/pg_tblspc/16384");
  must(data.set_aside(std::nullopt));
  CHECK(data.look().state == DataState::missing);
  CHECK(mark_of(folder / "data.failed") == "first");
  CHECK_FALSE(fs::exists(folder / "wal"));
  CHECK_FALSE(fs::exists(folder / "space"));
  CHECK(fs::exists(folder / "data.failed/pg_wal/000000010000000000000001"));
  CHECK(fs::read_symlink(folder / "data.failed/pg_wal") == folder / "wal.failed");
  CHECK(fs::exists(folder / "data.failed/pg_tblspc/16384/PG_15_202209061"));

  // The earlier copy is not given up without permission.
  fill(folder / "data", "second");
  const auto refused = data.set_aside(std::nullopt);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::denied);
  CHECK(mark_of(folder / "data") == "second");
  must(data.set_aside(leftover));
  CHECK(mark_of(folder / "data.failed") == "second");
}

TEST_CASE("other people's files are neither moved nor removed", "[data_directory]") {
  const TemporaryFolder folder;
  const DataDirectory data(folder / "data");
  fs::create_directory(folder / "data");
  std::ofstream(folder / "data/thesis") << "x";
  CHECK(data.set_aside(leftover).error().kind == ErrorKind::denied);
  CHECK(data.remove(leftover).error().kind == ErrorKind::denied);
  fill(data.clone_path(), "clone");
  CHECK(data.put_clone_in_place().error().kind == ErrorKind::denied);
  CHECK(fs::exists(folder / "data/thesis"));
}

TEST_CASE("behind links only what is the server's is removed", "[data_directory]") {
  const TemporaryFolder folder;
  const DataDirectory data(folder / "data");
  fill(folder / "data", "x");
  fs::create_directories(folder / "wal/archive_status");
  std::ofstream(folder / "wal/000000010000000000000001") << "x";
  std::ofstream(folder / "wal/thesis") << "x";
  fs::create_symlink(folder / "wal", folder / "data/pg_wal");
  fs::create_directories(folder / "space/PG_15_202209061/1");
  std::ofstream(folder / "space/thesis") << "x";
  fs::create_symlink(folder / "space", folder / "data/pg_tblspc/16384");
  must(data.remove(leftover));
  CHECK(data.look().state == DataState::empty);
  CHECK(fs::exists(folder / "wal/thesis"));
  CHECK(fs::exists(folder / "space/thesis"));
  CHECK_FALSE(fs::exists(folder / "wal/archive_status"));
  CHECK_FALSE(fs::exists(folder / "wal/000000010000000000000001"));
  CHECK_FALSE(fs::exists(folder / "space/PG_15_202209061"));
}

TEST_CASE("a clone is put in place whole", "[data_directory]") {
  const TemporaryFolder folder;
  const DataDirectory data(folder / "data");
  CHECK(data.put_clone_in_place().error().kind == ErrorKind::invalid);
  fill(data.clone_path(), "clone");
  SECTION("where nothing is") {}
  SECTION("where an empty folder is") {
    fs::create_directory(folder / "data");
  }
  SECTION("where only files of others are that are not seen") {
    fs::create_directory(folder / "data");
    std::ofstream(folder / "data/.profile") << "x";
  }
  const bool had_profile = fs::exists(folder / "data/.profile");
  must(data.put_clone_in_place());
  CHECK(data.look().state == DataState::valid);
  CHECK(mark_of(folder / "data") == "clone");
  CHECK_FALSE(fs::exists(data.clone_path()));
  CHECK(fs::exists(folder / "data/.profile") == had_profile);
  fill(data.clone_path(), "other");
  CHECK(data.put_clone_in_place().error().kind == ErrorKind::denied);
  must(data.clear_clone(leftover));
  CHECK_FALSE(fs::exists(data.clone_path()));
}

TEST_CASE("a link to the data directory stays, and what it leads to is worked on", "[data_directory]") {
  const TemporaryFolder folder;
  fs::create_directory(folder / "disk");
  fs::create_directory_symlink(folder / "disk/main", folder / "data");
  fill(folder / "disk/main", "old");
  const DataDirectory data(folder / "data/");
  must(data.set_aside(std::nullopt));
  CHECK(mark_of(folder / "disk/main.failed") == "old");
  fs::create_directory(folder / "disk/main");
  fill(data.clone_path(), "clone");
  must(data.put_clone_in_place());
  CHECK(fs::is_symlink(folder / "data"));
  CHECK(mark_of(folder / "data") == "clone");
}

TEST_CASE("a folder that cannot be renamed keeps its place, and its contents move inside",
          "[data_directory]") {
  const TemporaryFolder folder;
  fs::create_directory(folder / "parent");
  fill(folder / "parent/data", "old");
  fs::permissions(folder / "parent", fs::perms::owner_read | fs::perms::owner_exec);
  const DataDirectory data(folder / "parent/data");
  CHECK(data.is_fixed());
  fill(data.clone_path(), "clone");
  CHECK(data.look().state == DataState::valid);
  must(data.set_aside(std::nullopt));
  CHECK(data.look().state == DataState::empty);
  CHECK(mark_of(folder / "parent/data/.failed") == "old");
  // A try that was cut off before pg_control came over.
  fs::rename(data.clone_path() + "/mark", folder / "parent/data/mark");
  CHECK(data.look().state == DataState::foreign);
  must(data.put_clone_in_place());
  CHECK(data.look().state == DataState::valid);
  CHECK(mark_of(folder / "parent/data") == "clone");
  must(data.remove(leftover));
  CHECK(data.look().state == DataState::empty);
  CHECK(mark_of(folder / "parent/data/.failed") == "old");
  fs::permissions(folder / "parent", fs::perms::owner_all);
}

TEST_CASE("space is told", "[data_directory]") {
  const TemporaryFolder folder;
  const DataDirectory data(folder / "data");
  CHECK(must(data.free_space()) > 0);  // also of one that is not made yet
  fill(folder / "data", "x");
  CHECK(must(data.used_space()) >= 8192);
}

TEST_CASE("mounts are read from mountinfo", "[mount_points]") {
  const std::string text =
      "22 28 0:21 / /proc rw,nosuid - proc proc rw\n"
      "41 28 0:37 /x /var/lib/my\\040data rw shared:1 - ext4 /dev/sda rw\nbroken\n";
  CHECK(lists_mount_point(text, "/proc"));
  CHECK(lists_mount_point(text, "/var/lib/my data"));
  CHECK_FALSE(lists_mount_point(text, "/var/lib"));
  CHECK_FALSE(lists_mount_point("", "/"));
  CHECK(is_mount_point("/proc"));
  const TemporaryFolder folder;
  CHECK_FALSE(is_mount_point(folder.path()));
}
