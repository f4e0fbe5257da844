#include "agent/guard/rules/fence.h"

#include <catch2/catch.hpp>

namespace tamada::guard {
namespace {

constexpr LockEpoch mine{7, 100};
constexpr LockEpoch newer{8, 200};

TimePoint at(Duration since_boot) {
  return TimePoint(since_boot);
}

Fence armed(Duration lease_end) {
  Fence fence;
  REQUIRE(fence.arm(mine, at(lease_end), at(0s)) == Outcome::done);
  return fence;
}

TEST_CASE("a fence is disarmed at first and never fires then", "[fence]") {
  Fence fence;
  CHECK(fence.state().standing == FenceStanding::disarmed);
  CHECK(fence.next_turn() == TimePoint::max());
  CHECK_FALSE(fence.expire(at(1000s)));
  CHECK(fence.holds(mine, at(0s)) == Outcome::not_armed);
}

TEST_CASE("a fence fires half a second before the lease ends, once", "[fence]") {
  Fence fence = armed(10s);
  CHECK(fence.next_turn() == at(9500ms));
  CHECK_FALSE(fence.expire(at(9500ms) - 1us));
  CHECK(fence.holds(mine, at(9500ms) - 1us) == Outcome::done);
  CHECK(fence.holds(mine, at(9500ms)) == Outcome::too_late);
  CHECK(fence.expire(at(9500ms)));
  CHECK_FALSE(fence.expire(at(9501ms)));
  CHECK(fence.state().standing == FenceStanding::fired);
  CHECK(fence.state().fired_at == at(9500ms));
  CHECK(fence.next_turn() == TimePoint::max());
}

TEST_CASE("a renewal moves the deadline, forth and back", "[fence]") {
  Fence fence = armed(10s);
  CHECK(fence.renew(mine, at(20s)) == Outcome::done);
  CHECK_FALSE(fence.expire(at(19s)));
  CHECK(fence.renew(mine, at(12s)) == Outcome::done);
  CHECK(fence.expire(at(19s)));
}

TEST_CASE("a renewal into the past fires", "[fence]") {
  Fence fence = armed(10s);
  CHECK(fence.renew(mine, TimePoint{}) == Outcome::done);
  CHECK(fence.expire(at(1s)));
}

TEST_CASE("messages of another epoch are ignored", "[fence]") {
  Fence fence = armed(10s);
  CHECK(fence.renew(newer, at(100s)) == Outcome::other_epoch);
  CHECK(fence.renew({7, 200}, at(100s)) == Outcome::other_epoch);
  CHECK(fence.renew({8, 100}, at(100s)) == Outcome::other_epoch);
  CHECK(fence.disarm(newer) == Outcome::other_epoch);
  CHECK(fence.holds(newer, at(1s)) == Outcome::other_epoch);
  CHECK(fence.state().lease_end == at(10s));
  CHECK(fence.state().standing == FenceStanding::armed);
}

TEST_CASE("arming with a newer epoch makes the older one's messages void", "[fence]") {
  Fence fence = armed(10s);
  CHECK(fence.arm(newer, at(30s), at(1s)) == Outcome::done);
  CHECK(fence.renew(mine, at(100s)) == Outcome::other_epoch);
  CHECK(fence.disarm(mine) == Outcome::other_epoch);
  CHECK(fence.state().lease_end == at(30s));
}

TEST_CASE("arming needs time that is left, and changes nothing without", "[fence]") {
  Fence fence;
  CHECK(fence.arm(mine, at(10s), at(9500ms)) == Outcome::too_late);
  CHECK(fence.state() == FenceState{});
  CHECK(fence.arm(mine, at(10s), at(9500ms) - 1us) == Outcome::done);
  CHECK(fence.arm(newer, at(9s), at(9s)) == Outcome::too_late);
  CHECK(fence.state().epoch == mine);
  CHECK(fence.state().standing == FenceStanding::armed);
}

TEST_CASE("an epoch without a lease or a revision is none", "[fence]") {
  Fence fence;
  CHECK(fence.arm({0, 5}, at(10s), at(0s)) == Outcome::invalid);
  CHECK(fence.arm({5, 0}, at(10s), at(0s)) == Outcome::invalid);
  CHECK(fence.arm({5, -1}, at(10s), at(0s)) == Outcome::invalid);
  CHECK(fence.arm({-5, 1}, at(10s), at(0s)) == Outcome::done);  // leases may be negative as numbers
  CHECK(fence.renew({}, at(10s)) == Outcome::other_epoch);
}

TEST_CASE("fired is final for an epoch", "[fence]") {
  Fence fence = armed(10s);
  REQUIRE(fence.expire(at(10s)));
  CHECK(fence.renew(mine, at(100s)) == Outcome::fired);
  CHECK(fence.disarm(mine) == Outcome::fired);
  CHECK(fence.arm(mine, at(100s), at(11s)) == Outcome::fired);
  CHECK(fence.holds(mine, at(11s)) == Outcome::fired);
  CHECK(fence.state().standing == FenceStanding::fired);
}

TEST_CASE("fired is final also after other epochs, and another epoch may be armed", "[fence]") {
  Fence fence = armed(10s);
  REQUIRE(fence.expire(at(10s)));
  for (std::int64_t revision = 1; revision < static_cast<std::int64_t>(Fence::remembered); ++revision) {
    const LockEpoch next{9, 1000 + revision};
    REQUIRE(fence.arm(next, at(100s), at(11s)) == Outcome::done);
    CHECK(fence.renew(mine, at(100s)) == Outcome::fired);
    CHECK(fence.arm(mine, at(100s), at(12s)) == Outcome::fired);
    REQUIRE(fence.renew(next, at(1s)) == Outcome::done);
    REQUIRE(fence.expire(at(12s)));
  }
  CHECK(fence.arm(mine, at(100s), at(12s)) == Outcome::fired);
}

TEST_CASE("disarmed, there is no deadline, and arming anew begins one", "[fence]") {
  Fence fence = armed(10s);
  CHECK(fence.disarm(mine) == Outcome::done);
  CHECK(fence.disarm(mine) == Outcome::done);
  CHECK_FALSE(fence.expire(at(1000s)));
  CHECK(fence.renew(mine, at(2000s)) == Outcome::other_epoch);
  CHECK(fence.state().standing == FenceStanding::disarmed);
  CHECK(fence.arm(mine, at(2000s), at(1000s)) == Outcome::done);
  CHECK(fence.holds(mine, at(1000s)) == Outcome::done);
}

TEST_CASE("when it fired last is kept when another lock is armed", "[fence]") {
  Fence fence = armed(10s);
  REQUIRE(fence.expire(at(10s)));
  REQUIRE(fence.arm(newer, at(30s), at(11s)) == Outcome::done);
  CHECK(fence.state().fired_at == at(10s));
}

}  // namespace
}  // namespace tamada::guard
