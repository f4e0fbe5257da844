// The answers of the guard, of actions and of writes: which order each ends, and what is told of it.
#include <catch2/catch.hpp>

#include <string>

#include "tests/unit/agent/ha/decider_facts.h"
#include "tests/unit/agent/ha/lock_holder.h"

namespace tamada::ha {
namespace {

ActionResult result(ActionResult::Outcome outcome, std::string words = {}) {
  return {outcome, Divergence::cannot_know, std::move(words)};
}

std::uint64_t begun(const Step& step, ActionKind kind) {
  const auto all = orders<BeginAction>(step);
  REQUIRE(all.size() == 1);
  REQUIRE(name_of(all[0].action.kind) == name_of(kind));
  return all[0].action.id;
}

struct Leading : Holder {
  Leading() : Holder(ServerKind::primary) {
    tell(view);
    tell(GuardReport{7, true, false});
  }
  // Three errors: it ends its server.
  std::uint64_t end() {
    tell(UnexpectedError{"x"});
    tell(UnexpectedError{"x"});
    return begun(tell(UnexpectedError{"x"}), ActionKind::stop_immediate);
  }
};

// n1 follows n2, or is to.
struct Replica : Node {
  explicit Replica(ServerKind kind = ServerKind::standby) {
    view = store(8, system_id);
    view.leader = LeaderKeyView{"n2", 78, 5, 5};
    view.members = {running("n1"), running("n2")};
    view.members[1].role = patroni::NodeRole::primary;
    tell(view);
    first = tell(server(kind));
  }
  Step look(ServerKind kind, Duration after = 1s) {
    pass(after);
    view.as_of = now();
    const Step seen = tell(view);
    return both(seen, tell(server(kind)));
  }
  StoreView view;
  Step first;
};

// A standby with the lock, and an armed guard: the timeline's number is to be taken.
struct Promoting : Holder {
  Promoting() : Holder(ServerKind::standby) {
    tell(view);
    const auto writes = orders<WriteTimeline>(tell(GuardReport{7, true, false}));
    REQUIRE(writes.size() == 1);
    write = writes[0].id;
  }
  std::uint64_t write = 0;
};

}  // namespace

TEST_CASE_METHOD(Leading, "a guard that has fired is told once for each lock", "[guard]") {
  GuardReport fired{7, false, true};
  CHECK(told(tell(GuardReport{7, false, false}), HaFactKind::guard_fired).empty());
  const auto warned = told(tell(fired), HaFactKind::guard_fired);
  REQUIRE(warned.size() == 1);
  CHECK(warned[0].is_warning);
  fired.may_still_start = true;
  CHECK(told(tell(fired), HaFactKind::guard_fired).empty());
  CHECK(told(tell(GuardReport{8, true, false}), HaFactKind::guard_fired).empty());
  CHECK(told(tell(GuardReport{8, false, true}), HaFactKind::guard_fired).size() == 1);
  CHECK(told(tell(GuardReport{9, false, true}), HaFactKind::guard_fired).size() == 1);
}

TEST_CASE_METHOD(Leading, "a guard that does not answer, and that answers again, is told once", "[guard]") {
  const bool is_paused = GENERATE(true, false);
  ClusterSettings settings;
  settings.pause = is_paused;
  tell(settings);
  CHECK(told(tell(GuardReport{7, true, false}), HaFactKind::guard_missing).empty());
  GuardReport report{7, true, false};
  report.is_missing = true;
  const auto missing = told(tell(report), HaFactKind::guard_missing);
  REQUIRE(missing.size() == 1);
  CHECK(missing[0].is_warning);
  CHECK(missing[0].words == (is_paused ? "the guard does not answer; in a pause nobody is demoted for that"
                                       : "the guard does not answer; without it no lock is kept, nor taken"));
  CHECK(told(tell(report), HaFactKind::guard_missing).empty());
  const auto back = told(tell(GuardReport{7, true, false}), HaFactKind::guard_missing);
  REQUIRE(back.size() == 1);
  CHECK_FALSE(back[0].is_warning);
  CHECK(back[0].words == "the guard answers again");
}

TEST_CASE_METHOD(Leading,
                 "after a guard has fired only a look that began later shows that nothing is written",
                 "[guard]") {
  pass(1s);
  const ServerView early = server(ServerKind::stopped);
  pass(1s);
  tell(GuardReport{7, false, true});
  CHECK(orders<ReleaseLock>(tell(early)).empty());
  CHECK(orders<ReleaseLock>(tell(server(ServerKind::stopped))).size() == 1);
}

TEST_CASE_METHOD(Leading, "the end of an action is told with what it came to", "[action]") {
  std::string expected;
  ActionResult came_to;
  SECTION("it is done") {
    expected = "stop_immediate done";
    came_to = result(ActionResult::Outcome::done);
  }
  SECTION("it is done, with words") {
    expected = "stop_immediate done: it took long";
    came_to = result(ActionResult::Outcome::done, "it took long");
  }
  SECTION("it has failed") {
    expected = "stop_immediate failed: no process";
    came_to = result(ActionResult::Outcome::failed, "no process");
  }
  const std::uint64_t id = end();
  std::string name(name_of(ActionKind::stop_immediate));
  expected.replace(0, std::string("stop_immediate").size(), name);
  const auto ended = told(tell(ActionEnded{id, came_to}), HaFactKind::action_ended);
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].words == expected);
  CHECK(ended[0].is_warning == (came_to.outcome == ActionResult::Outcome::failed));
}

TEST_CASE_METHOD(Leading, "the end of another action ends nothing", "[action]") {
  const std::uint64_t id = end();
  const Step other = tell(ActionEnded{id + 1, result(ActionResult::Outcome::done)});
  CHECK(name_of(other.row) == name_of(RowId::action_runs));
  CHECK(told(other, HaFactKind::action_ended).empty());
  CHECK(told(tell(ActionEnded{id, result(ActionResult::Outcome::done)}), HaFactKind::action_ended).size() ==
        1);
  // Nor once more.
  CHECK(told(tell(ActionEnded{id, result(ActionResult::Outcome::done)}), HaFactKind::action_ended).empty());
  CHECK(told(tell(ActionEnded{0, result(ActionResult::Outcome::done)}), HaFactKind::action_ended).empty());
}

TEST_CASE_METHOD(Leading, "a look that begins when the stop has ended shows that the server is down",
                 "[action]") {
  const std::uint64_t id = end();
  pass(1s);
  tell(ActionEnded{id, result(ActionResult::Outcome::done)});
  CHECK(orders<ReleaseLock>(tell(server(ServerKind::stopped))).size() == 1);
}

TEST_CASE_METHOD(Replica, "histories that could not be compared are compared again a second later",
                 "[action]") {
  const std::uint64_t id = begun(first, ActionKind::check_divergence);
  tell(ActionEnded{id, result(ActionResult::Outcome::done)});
  CHECK_FALSE(begins(look(ServerKind::standby, 1s - 1us), ActionKind::check_divergence));
  CHECK(begins(look(ServerKind::standby, 1us), ActionKind::check_divergence));
}

TEST_CASE_METHOD(Node, "a bootstrap that failed is claimed anew, a failure of something else is not its end",
                 "[action]") {
  tell(new_store(5));
  const auto claims = orders<ClaimInitialize>(tell(server(ServerKind::stopped, DataState::absent)));
  REQUIRE(claims.size() == 1);
  pass(1s);
  tell(WriteEnded{claims[0].id, WriteEnded::Outcome::done, 6});
  const std::uint64_t id = begun(tell(store(6)), ActionKind::bootstrap);
  tell(ActionEnded{id, result(ActionResult::Outcome::failed, "initdb failed")});
  pass(11s);
  tell(new_store(7));
  const Step step = tell(server(ServerKind::stopped, DataState::absent));
  CHECK(orders<ClaimInitialize>(step).size() == 1);
  CHECK_FALSE(begins(step, ActionKind::bootstrap));
}

TEST_CASE_METHOD(Promoting, "the number of a timeline that somebody else took is asked for anew", "[write]") {
  // Until it is answered it is asked for once.
  CHECK(orders<WriteTimeline>(tell(WriteEnded{write + 100, WriteEnded::Outcome::lost, 9})).empty());
  pass(1s);
  view.revision = 9;
  CHECK(orders<WriteTimeline>(look(ServerKind::standby)).empty());
  view.newest_timeline = 2;
  view.timeline_revision = 6;
  look(ServerKind::standby);
  const auto again = orders<WriteTimeline>(tell(WriteEnded{write, WriteEnded::Outcome::lost, 9}));
  REQUIRE(again.size() == 1);
  CHECK(again[0].expected == 6);
  CHECK(again[0].timeline == 3);
}

TEST_CASE_METHOD(Leading, "a wish for a switchover that is carried out is cleared until it is gone",
                 "[write]") {
  pass(1s);
  view.revision = 9;
  view.failover.mod_revision = 9;
  view.failover.candidate = "n1";
  const auto clears = orders<ClearFailover>(look(ServerKind::primary));
  REQUIRE(clears.size() == 1);
  CHECK(clears[0].expected == 9);
  CHECK(orders<ClearFailover>(tell(WriteEnded{clears[0].id + 100, WriteEnded::Outcome::cannot_know, 0}))
            .empty());
  CHECK(orders<ClearFailover>(tell(WriteEnded{clears[0].id, WriteEnded::Outcome::cannot_know, 0})).size() ==
        1);
}

TEST_CASE_METHOD(Leading, "the identifier that etcd has lost is written until it is there", "[write]") {
  pass(1s);
  view.revision = 9;
  view.has_initialize = false;
  view.initialize.clear();
  const auto writes = orders<WriteInitialize>(look(ServerKind::primary));
  REQUIRE(writes.size() == 1);
  CHECK(writes[0].system_id == system_id);
  CHECK(orders<WriteInitialize>(tell(WriteEnded{writes[0].id + 100, WriteEnded::Outcome::cannot_know, 0}))
            .empty());
  CHECK(orders<WriteInitialize>(tell(WriteEnded{writes[0].id, WriteEnded::Outcome::cannot_know, 0})).size() ==
        1);
}

}  // namespace tamada::ha
