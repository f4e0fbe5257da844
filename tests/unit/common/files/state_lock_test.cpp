#include "common/files/state_lock.h"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "tests/support/temporary_folder.h"

namespace tamada {
namespace {

const StateLock::Names names{"state_dir", "router"};

TEST_CASE("one folder has one holder, and the second is told who it is", "[state_lock]") {
  const TemporaryFolder folder;
  auto first = StateLock::take(folder.path(), names);
  REQUIRE(first);
  const auto second = StateLock::take(folder.path(), names);
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::unavailable);
  CHECK(second.error().message == "state_dir: " + folder.path() + " is in use by another router (process " +
                                      std::to_string(::getpid()) +
                                      "); give each router a folder of its own, or none");
  first->release();
  CHECK(StateLock::take(folder.path(), names));
}

TEST_CASE("a lock that was inherited is not taken twice", "[state_lock]") {
  const TemporaryFolder folder;
  const auto first = StateLock::take(folder.path(), names);
  REQUIRE(first);
  auto after = StateLock::take(folder.path(), names, UniqueFd(::fcntl(first->fd(), F_DUPFD_CLOEXEC, 0)));
  REQUIRE(after);
  CHECK(after->fd() >= 0);
  // The lock of another folder is of no use.
  const TemporaryFolder other;
  CHECK(StateLock::take(other.path(), names, UniqueFd(::fcntl(first->fd(), F_DUPFD_CLOEXEC, 0))));
  CHECK_FALSE(
      StateLock::take(other.path() + "/../" + folder.path().substr(folder.path().rfind('/') + 1), names));
}

TEST_CASE("a folder that cannot be locked is told apart from one that is in use", "[state_lock]") {
  const auto none = StateLock::take("/nonexistent", names);
  REQUIRE_FALSE(none);
  CHECK(none.error().kind == ErrorKind::system);
  CHECK(StateLock::take("", names)->fd() == -1);
}

}  // namespace
}  // namespace tamada
