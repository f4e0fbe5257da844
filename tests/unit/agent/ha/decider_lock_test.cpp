// The end of a lock that etcd does not prove any more, the guard that is armed for it, and its release.
#include <catch2/catch.hpp>

#include <string>

#include "tests/unit/agent/ha/lock_holder.h"

namespace tamada::ha {
namespace {

// It holds the lock for 30 s, and its guard is armed.
struct Armed : Holder {
  Armed() : Holder(ServerKind::standby) { tell(GuardReport{7, true, false}); }
  // Time passes until so long before the lock's end, and this is seen of the server.
  Step see_before_end(Duration before, ServerKind kind) {
    pass(end - before - now());
    return tell(server(kind));
  }
  static bool disarms(const Step& step) { return !orders<DisarmGuard>(step).empty(); }
  ServerView down(ControlState control) {
    ServerView seen = server(ServerKind::stopped);
    seen.control = control;
    seen.checkpoint = 100;
    return seen;
  }
  const TimePoint end = now() + 30s;
};

// It gives the lock up, since it is of no use to its cluster.
struct GivingUp : Holder {
  GivingUp() : Holder(ServerKind::standby) {
    look(ServerKind::standby);
    tell(UnexpectedError{"nobody expected this"});
    tell(UnexpectedError{"nobody expected this"});
  }
  Step give_up() { return tell(UnexpectedError{"nobody expected this"}); }
};

}  // namespace

TEST_CASE_METHOD(Armed, "a standby's guard is disarmed 5 s before the lock's end, and not earlier",
                 "[leader]") {
  look(ServerKind::standby);
  CHECK_FALSE(disarms(see_before_end(5s + 1us, ServerKind::standby)));
  CHECK(disarms(see_before_end(5s, ServerKind::standby)));
}

TEST_CASE_METHOD(Armed, "a guard stays armed while the server is not seen to be harmless", "[leader]") {
  const auto kind = GENERATE(ServerKind::primary, ServerKind::starting, ServerKind::stopping,
                             ServerKind::hung, ServerKind::unknown);
  look(ServerKind::standby);
  CHECK_FALSE(disarms(see_before_end(4s, kind)));
}

TEST_CASE_METHOD(Armed, "a guard stays armed while an action may change what runs", "[leader]") {
  ActionKind begun = ActionKind::start_primary;
  ControlState control = ControlState::in_production;
  SECTION("a start as the primary that it was") {}
  SECTION("a start as a standby") {
    begun = ActionKind::start_standby;
    control = ControlState::shut_down_in_recovery;
  }
  REQUIRE(begins(look(down(control)), begun));
  pass(26s);
  ServerView seen = down(control);
  CHECK_FALSE(disarms(tell(seen)));
}

TEST_CASE_METHOD(Armed, "near the lock's end a node wakes at the end, and not all the time", "[leader]") {
  look(ServerKind::standby);
  CHECK(see_before_end(9s, ServerKind::primary).next_tick == end - 5s);
  CHECK(see_before_end(5s, ServerKind::primary).next_tick == end);
  CHECK(see_before_end(3s, ServerKind::primary).next_tick == end);
}

TEST_CASE_METHOD(Armed, "an error that is over delays no renewal, however long loop_wait becomes",
                 "[leader]") {
  look(ServerKind::primary);
  tell(UnexpectedError{"nobody expected this"});
  pass(11s);
  REQUIRE(orders<RenewLock>(look(ServerKind::primary)).size() == 1);
  renew();
  ClusterSettings slow;
  slow.loop_wait = 60s;
  tell(slow);
  pass(10s);
  CHECK(orders<RenewLock>(look(ServerKind::primary)).size() == 1);
}

TEST_CASE_METHOD(GivingUp, "a standby's lock is released at once, and without a position", "[leader]") {
  const Step step = give_up();
  CHECK(name_of(step.row) == name_of(RowId::errors_leads));
  const auto released = orders<ReleaseLock>(step);
  REQUIRE(released.size() == 1);
  CHECK_FALSE(released[0].final_position);
}

TEST_CASE_METHOD(GivingUp, "a release that nobody heard of is repeated half a second later", "[leader]") {
  REQUIRE(orders<ReleaseLock>(give_up()).size() == 1);
  LockReport unanswered = lock(LockReport::Operation::release, 7, 0);
  unanswered.outcome = LockReport::Outcome::cannot_know;
  Step step = tell(unanswered);
  CHECK(orders<ReleaseLock>(step).empty());
  CHECK(step.next_tick == now() + 500ms);
  pass(500ms - 1us);
  CHECK(orders<ReleaseLock>(look(ServerKind::standby)).empty());
  pass(1us);
  CHECK(orders<ReleaseLock>(tell(view)).size() == 1);
}

TEST_CASE_METHOD(Armed, "a server may start for five minutes where the settings say nothing else",
                 "[leader]") {
  look(ServerKind::starting);
  const TimePoint began = now();
  while (now() < began + 290s) {
    pass(10s);
    renew();
    CHECK(name_of(look(ServerKind::starting).row) == name_of(RowId::starting));
  }
  pass(10s - 1us);
  renew();
  CHECK(name_of(look(ServerKind::starting).row) == name_of(RowId::starting));
  pass(1us);
  CHECK(name_of(tell(view).row) == name_of(RowId::ill_leads));
}

}  // namespace tamada::ha
