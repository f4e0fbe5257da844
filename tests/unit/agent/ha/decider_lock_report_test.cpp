// What an answer of etcd about the lock changes: how long it is believed, when it is asked again, and what is told.
#include <catch2/catch.hpp>

#include <string>

#include "tests/unit/agent/ha/decider_facts.h"
#include "tests/unit/agent/ha/lock_holder.h"

namespace tamada::ha {
namespace {

using Operation = LockReport::Operation;
using Outcome = LockReport::Outcome;

LockReport answered(LockReport report, Outcome outcome) {
  report.outcome = outcome;
  return report;
}

struct Leading : Holder {
  Leading() : Holder(ServerKind::primary) {
    tell(view);
    tell(GuardReport{7, true, false});
  }
  Step hear(Operation operation, Outcome outcome, std::int64_t epoch = 7) {
    return tell(answered(lock(operation, epoch, view.revision), outcome));
  }
  bool renews() { return !orders<RenewLock>(look(ServerKind::primary)).empty(); }
  // The lock is renewed when the time has come, and not a moment before.
  void renews_after(Duration time) {
    pass(time - 1us);
    CHECK_FALSE(renews());
    pass(1us);
    CHECK(renews());
  }
};

// A standby whose only peer has answered in the race.
struct Racing : Node {
  Racing() {
    tell(server(ServerKind::standby));
    view = store(60, system_id);
    view.members = {member("n2", true)};
    const TimePoint asked = now();
    REQUIRE(orders<AskPeer>(tell(view)).size() == 1);
    PeerStatus stopped;
    stopped.server = PeerStatus::Server::stopped;
    REQUIRE(tell(PeerAnswer{"n2", asked, stopped}).wanted.receiver_off.has_value());
  }
  bool asks() {
    view.as_of = now();
    return !orders<AskPeer>(both(tell(view), tell(server(ServerKind::standby)))).empty();
  }
  StoreView view;
};

// In a pause, with the lock and without a primary: it gives the lock up.
struct Releasing : Holder {
  Releasing() : Holder(ServerKind::standby) {
    ClusterSettings paused;
    paused.pause = true;
    const Step step = tell(paused);
    REQUIRE(orders<ReleaseLock>(both(step, tell(view))).size() == 1);
  }
  bool releases() { return !orders<ReleaseLock>(look(ServerKind::standby)).empty(); }
};

}  // namespace

TEST_CASE_METHOD(Racing, "who did not get the lock races again a second later", "[lock]") {
  LockReport report = lock(Operation::acquire, 55, 55);
  bool is_told = false;
  SECTION("somebody else was quicker") {
    report.outcome = Outcome::not_held;
    is_told = true;
  }
  SECTION("nobody knows") {
    report.outcome = Outcome::cannot_know;
  }
  SECTION("etcd shows that it is lost again") {}
  const Step step = tell(report);
  CHECK(told(step, HaFactKind::race_lost).size() == (is_told ? 1 : 0));
  CHECK(told(step, HaFactKind::lock_not_renewed).empty());
  CHECK_FALSE(asks());
  pass(1s - 1us);
  CHECK_FALSE(asks());
  pass(1us);
  CHECK(asks());
}

TEST_CASE_METHOD(Leading, "a lock is renewed after loop_wait where that leaves time for two calls of etcd",
                 "[lock]") {
  SECTION("it lasts long") {
    renew_until(now() + 60s);
    renews_after(10s);
  }
  SECTION("it lasts for loop_wait and two calls") {
    renew_until(now() + 30s);
    renews_after(10s);
  }
  SECTION("it lasts for less") {
    renew_until(now() + 24s);
    renews_after(4s);
  }
  SECTION("it ends soon") {
    renew_until(now() + 15s);
    renews_after(1s);
  }
}

TEST_CASE_METHOD(Leading, "a renewal without an answer is tried again a second later, and told once",
                 "[lock]") {
  renew_until(now() + 25s);
  pass(5s);
  REQUIRE(renews());
  const auto warned = told(hear(Operation::renew, Outcome::cannot_know), HaFactKind::lock_not_renewed);
  REQUIRE(warned.size() == 1);
  CHECK(warned[0].is_warning);
  renews_after(1s);
  CHECK(told(hear(Operation::renew, Outcome::cannot_know), HaFactKind::lock_not_renewed).empty());
  renews_after(1s);
  CHECK(holds_lock());
  renew();
  pass(10s);
  REQUIRE(renews());
  CHECK(told(hear(Operation::renew, Outcome::cannot_know), HaFactKind::lock_not_renewed).size() == 1);
}

TEST_CASE_METHOD(Releasing, "a release without an answer is tried again half a second later", "[lock]") {
  const Step step = tell(answered(lock(Operation::release, 7, 8), Outcome::cannot_know));
  CHECK(told(step, HaFactKind::lock_not_renewed).empty());
  CHECK(orders<ReleaseLock>(step).empty());
  pass(500ms - 1us);
  CHECK_FALSE(releases());
  pass(1us);
  CHECK(releases());
}

TEST_CASE_METHOD(Releasing, "a lock that was released is not lost", "[lock]") {
  const Step step = tell(answered(lock(Operation::release, 7, 9), Outcome::not_held));
  CHECK_FALSE(holds_lock());
  CHECK(told(step, HaFactKind::lock_lost).empty());
  CHECK(told(step, HaFactKind::race_lost).empty());
}

TEST_CASE_METHOD(Leading, "an answer that the lock is not this node's counts for the lock that it speaks of",
                 "[lock]") {
  const std::int64_t epoch = GENERATE(7, 0, 6);  // 0: whichever it is
  const Step step = hear(Operation::renew, Outcome::not_held, epoch);
  CHECK(holds_lock() == (epoch == 6));
  CHECK(told(step, HaFactKind::lock_lost).size() == (epoch == 6 ? 0 : 1));
}

TEST_CASE_METHOD(Node, "a lock that this node does not hold is not lost", "[lock]") {
  tell(server(ServerKind::standby));
  const Step step = tell(answered(lock(Operation::renew, 0, 8), Outcome::not_held));
  CHECK(told(step, HaFactKind::lock_lost).empty());
}

TEST_CASE_METHOD(Leading, "each lock that is taken is told, and no renewal", "[lock]") {
  CHECK(told(renew(), HaFactKind::lock_taken).empty());
  const auto taken = told(tell(lock(Operation::acquire, 13, view.revision + 5)), HaFactKind::lock_taken);
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].words == "acquired session lock as a leader, epoch 13");
}

TEST_CASE_METHOD(Leading, "unexpected errors are forgotten once nothing has failed for longer than loop_wait",
                 "[lock]") {
  const bool is_long = GENERATE(true, false);
  tell(UnexpectedError{"x"});
  tell(UnexpectedError{"x"});
  pass(10s + (is_long ? Duration(1us) : Duration(0)));
  look(ServerKind::primary);
  renew();
  CHECK(name_of(tell(UnexpectedError{"x"}).row) == name_of(is_long ? RowId::lead : RowId::errors_leads));
}

TEST_CASE_METHOD(Node, "the lock of a former run counts for five seconds, or as long as the guard's deadline",
                 "[lock]") {
  LockReport adopted = answered(lock(Operation::adopted, 7, 0), Outcome::cannot_know);
  adopted.valid_until = {};
  Duration counts = 5s;
  SECTION("nothing is proved") {}
  SECTION("the guard's deadline is sooner") {
    adopted.valid_until = now() + 3s;
  }
  SECTION("the guard's deadline is later") {
    adopted.valid_until = now() + 12s;
    counts = 12s;
  }
  SECTION("a short ttl") {
    ClusterSettings shorter;
    shorter.ttl = 8s;
    tell(shorter);
    counts = 2s;
  }
  tell(adopted);
  CHECK(orders<RenewLock>(tell(server(ServerKind::standby))).empty());  // it is on its way already
  CHECK(name_of(row()) == name_of(RowId::prove_lock));
  CHECK_FALSE(holds_lock());
  pass(counts - 1us);
  CHECK(name_of(tell(server(ServerKind::standby)).row) == name_of(RowId::prove_lock));
  pass(1us);
  CHECK(name_of(row()) == name_of(RowId::wait));
}

TEST_CASE("a lock that has ended binds nobody", "[lock]") {
  Holder node(ServerKind::standby);
  node.tell(node.view);
  node.renew_until(node.now() + 8s);
  const bool has_ended = GENERATE(false, true);
  node.pass(8s - (has_ended ? Duration(0) : Duration(1us)));
  node.tell(node.server(ServerKind::standby));
  GuardReport missing;
  missing.is_missing = true;
  CHECK((name_of(node.tell(missing).row) == name_of(RowId::guard_missing)) != has_ended);
}

}  // namespace tamada::ha
