// A node whose guard does not answer: nobody would end its server with the lock.
#include <catch2/catch.hpp>

#include "tests/unit/agent/ha/decider_node.h"

namespace tamada::ha {
namespace {

// A leader with an armed guard.
struct Leading : Node {
  Leading() {
    StoreView view = store(8, system_id);
    view.leader = own_key(5);
    tell(server(ServerKind::primary));
    tell(lock(LockReport::Operation::acquire, 5, 8));
    tell(view);
    tell(GuardReport{5, true, false});
    REQUIRE(name_of(row()) == name_of(RowId::lead));
  }
  Step miss(bool may_still_start = false) {
    GuardReport report;
    report.is_missing = true;
    report.may_still_start = may_still_start;
    return tell(report);
  }
  Step stopped() {
    pass(100ms);
    return tell(server(ServerKind::stopped));
  }
  Step ended(const Step& begun, ActionResult::Outcome outcome = ActionResult::Outcome::done) {
    const auto all = orders<BeginAction>(begun);
    REQUIRE(all.size() == 1);
    return tell(ActionEnded{all[0].action.id, {outcome, Divergence::cannot_know, {}}});
  }
  // So often as the renewals of half a minute would come.
  [[nodiscard]] bool renews() {
    for (int second = 0; second < 20; ++second) {
      pass(1s);
      if (!orders<RenewLock>(tell(server(ServerKind::primary))).empty()) return true;
    }
    return false;
  }
};

}  // namespace

TEST_CASE_METHOD(Leading, "a leader whose guard does not answer stops its server and gives the lock back",
                 "[decider]") {
  Step step = miss();
  CHECK(name_of(step.row) == name_of(RowId::guard_missing));
  REQUIRE(begins(step, ActionKind::stop_fast));
  CHECK(orders<ReleaseLock>(step).empty());
  // What the look says while it stops changes nothing.
  pass(1s);
  CHECK(orders<ReleaseLock>(tell(server(ServerKind::stopping))).empty());
  CHECK(orders<ReleaseLock>(ended(step)).empty());
  CHECK(orders<ReleaseLock>(stopped()).size() == 1);
}

TEST_CASE_METHOD(Leading, "without its guard a leader renews the lock no more", "[decider]") {
  const Step step = miss();
  REQUIRE(begins(step, ActionKind::stop_fast));
  CHECK_FALSE(renews());
}

TEST_CASE_METHOD(Leading, "a guard that answers keeps the lock renewed", "[decider]") {
  CHECK(renews());
}

TEST_CASE_METHOD(Leading, "what the orderly stop does not end is ended at once", "[decider]") {
  const Step step = miss();
  tell(server(ServerKind::primary));
  (void)ended(step, ActionResult::Outcome::failed);
  pass(100ms);
  const Step next = tell(server(ServerKind::primary));
  CHECK(begins(next, ActionKind::stop_immediate));
  CHECK(orders<ReleaseLock>(next).empty());
}

TEST_CASE_METHOD(Leading, "shortly before the lock's end there is no time for an orderly stop", "[decider]") {
  pass(26s);
  tell(server(ServerKind::primary));
  pass(1s);
  GuardReport report;
  report.is_missing = true;
  const Step step = tell(report);
  // It may have begun an orderly one when the lock began to run out.
  CHECK((begins(step, ActionKind::stop_immediate) || name_of(step.row) == name_of(RowId::guard_missing)));
  CHECK(orders<ReleaseLock>(step).empty());
}

TEST_CASE_METHOD(Leading, "a lock is not given back while the guard may still carry out a start",
                 "[decider]") {
  const Step step = miss(true);
  REQUIRE(begins(step, ActionKind::stop_fast));
  (void)ended(step);
  CHECK(orders<ReleaseLock>(stopped()).empty());
  pass(10s);
  CHECK(orders<ReleaseLock>(tell(server(ServerKind::stopped))).empty());
}

TEST_CASE_METHOD(Leading, "in a pause a guard that does not answer demotes nobody until the pause ends",
                 "[decider]") {
  ClusterSettings settings;
  settings.pause = true;
  tell(settings);
  const Step step = miss();
  CHECK(name_of(step.row) == name_of(RowId::paused_lead));
  CHECK(orders<BeginAction>(step).empty());
  CHECK(renews());
  settings.pause = false;
  CHECK(begins(tell(settings), ActionKind::stop_fast));
}

TEST_CASE_METHOD(Node, "a standby whose guard does not answer takes no lock", "[decider]") {
  tell(server(ServerKind::standby));
  GuardReport report;
  report.is_missing = true;
  tell(report);
  Step step = tell(store(8, system_id));
  for (int second = 0; second < 10; ++second) {
    CHECK(orders<AcquireLock>(step).empty());
    CHECK(orders<AskPeer>(step).empty());
    pass(1s);
    step = both(tell(store(8, system_id)), tell(server(ServerKind::standby)));
  }
  CHECK(name_of(step.row) == name_of(RowId::race));
  tell(GuardReport{});
  bool has_asked = false;
  for (int second = 0; second < 10 && !has_asked; ++second) {
    pass(1s);
    step = both(tell(store(8, system_id)), tell(server(ServerKind::standby)));
    has_asked = step.wanted.receiver_off.has_value() || !orders<AcquireLock>(step).empty();
  }
  CHECK(has_asked);
}

}  // namespace tamada::ha
