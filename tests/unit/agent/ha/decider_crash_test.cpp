// A leader whose server crashes, or does not come up, again and again.
#include <catch2/catch.hpp>

#include "tests/unit/agent/ha/decider_node.h"

namespace tamada::ha {
namespace {

// A leader with an armed guard, and a replica that could lead.
struct Crashing : Node {
  Crashing() {
    MemberView replica = member("n2", true);
    replica.is_running = true;
    view = store(8, system_id);
    view.members = {replica};
    view.leader = own_key(5);
    tell(server(ServerKind::primary));
    tell(lock(LockReport::Operation::acquire, 5, 8));
    tell(view);
    tell(GuardReport{5, true, false});
    REQUIRE(name_of(row()) == name_of(RowId::lead));
  }
  Step look(ServerKind kind, Duration after = 500ms) {
    pass(after);
    view.as_of = now();
    const Step renewed = tell(lock(LockReport::Operation::renew, 5, 8));
    ServerView seen = server(kind);
    if (kind == ServerKind::stopped) seen.control = ControlState::in_production;
    const Step step = both(renewed, tell(view));
    return both(step, tell(seen));
  }
  // Look after look, until something is ordered, or for as long as a failed start may wait.
  Step look_down() {
    Step step = look(ServerKind::stopped);
    for (int second = 0;
         second < 12 && orders<BeginAction>(step).empty() && orders<ReleaseLock>(step).empty(); ++second)
      step = look(ServerKind::stopped, 1s);
    return step;
  }
  StoreView view;
};

}  // namespace

TEST_CASE_METHOD(Crashing, "a leader whose server does not start again gives the lock up after three tries",
                 "[decider]") {
  Step step = look(ServerKind::stopped);
  for (int failures = 1; failures <= 3; ++failures) {
    const auto begun = orders<BeginAction>(step);
    REQUIRE(begun.size() == 1);
    REQUIRE(name_of(begun[0].action.kind) == name_of(ActionKind::start_primary));
    tell(ActionEnded{begun[0].action.id,
                     {ActionResult::Outcome::failed, Divergence::cannot_know, "no space left on device"}});
    step = look_down();
  }
  CHECK(orders<BeginAction>(step).empty());
  CHECK(orders<ReleaseLock>(step).size() == 1);
}

TEST_CASE_METHOD(Crashing, "where nobody else could lead it goes on trying", "[decider]") {
  view.members.clear();
  Step step = look(ServerKind::stopped);
  for (int failures = 1; failures <= 6; ++failures) {
    const auto begun = orders<BeginAction>(step);
    REQUIRE(begun.size() == 1);
    REQUIRE(name_of(begun[0].action.kind) == name_of(ActionKind::start_primary));
    tell(ActionEnded{begun[0].action.id, {ActionResult::Outcome::failed, Divergence::cannot_know, {}}});
    step = look_down();
  }
  CHECK(orders<ReleaseLock>(step).empty());
}

TEST_CASE_METHOD(Crashing, "crashes under one postmaster are counted as well", "[decider]") {
  Step step;
  for (int crashes = 1; crashes <= 4; ++crashes) {
    CHECK_FALSE(begins(step, ActionKind::stop_immediate));
    look(ServerKind::primary);
    step = look(ServerKind::starting);
  }
  CHECK(begins(step, ActionKind::stop_immediate));
}

}  // namespace tamada::ha
