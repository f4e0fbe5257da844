// How a node that must not go on ends its server, what it calls off, and when it may begin the next thing.
#include <catch2/catch.hpp>

#include <string>

#include "tests/unit/agent/ha/decider_facts.h"
#include "tests/unit/agent/ha/lock_holder.h"

namespace tamada::ha {
namespace {

ActionEnded ended(std::uint64_t id, ActionResult::Outcome outcome) {
  return {id, {outcome, Divergence::cannot_know, {}}};
}

std::uint64_t begun(const Step& step, ActionKind kind) {
  const auto all = orders<BeginAction>(step);
  REQUIRE(all.size() == 1);
  REQUIRE(name_of(all[0].action.kind) == name_of(kind));
  return all[0].action.id;
}

struct Leading : Holder {
  explicit Leading(ServerKind kind = ServerKind::primary) : Holder(kind) {
    tell(view);
    tell(GuardReport{7, true, false});
  }
  Step fail_three_times() {
    tell(UnexpectedError{"x"});
    tell(UnexpectedError{"x"});
    return tell(UnexpectedError{"x"});
  }
  // etcd shows that the lock is gone.
  Step lose() {
    pass(1s);
    ++view.revision;
    view.leader.reset();
    view.as_of = now();
    return tell(view);
  }
};

struct Standby : Leading {
  Standby() : Leading(ServerKind::standby) {}
};

// Its promotion runs.
struct Promoting : Standby {
  Promoting() {
    pass(1s);
    view.revision = 9;
    view.newest_timeline = 2;
    view.timeline_revision = 9;
    promotion = begun(look(ServerKind::standby), ActionKind::promote);
  }
  std::uint64_t promotion = 0;
};

}  // namespace

TEST_CASE_METHOD(Leading, "what a stop came to is waited for, two seconds at most", "[stop]") {
  const std::uint64_t stop = begun(fail_three_times(), ActionKind::stop_immediate);
  pass(1s);
  const Step failed = tell(ended(stop, ActionResult::Outcome::failed));
  CHECK(orders<BeginAction>(failed).empty());
  CHECK(failed.next_tick == now() + 2s);
  SECTION("no look comes") {
    pass(2s - 1us);
    CHECK(orders<BeginAction>(tell(view)).empty());
    pass(1us);
    (void)begun(tell(view), ActionKind::stop_immediate);
  }
  SECTION("the server runs: it is ended once more, at once") {
    (void)begun(tell(server(ServerKind::primary)), ActionKind::stop_immediate);
  }
}

TEST_CASE_METHOD(Leading,
                 "a lock that runs out is met by an orderly stop, by another one only where that failed",
                 "[stop]") {
  pass(25s);
  Step step = look(ServerKind::primary);
  SECTION("the server answers") {
    const std::uint64_t stop = begun(step, ActionKind::stop_fast);
    CHECK(name_of(step.row) == name_of(RowId::lock_runs_out));
    pass(1s);
    step = look(ServerKind::stopping);  // it goes on
    CHECK(orders<CancelAction>(step).empty());
    CHECK(orders<BeginAction>(step).empty());
    tell(ended(stop, ActionResult::Outcome::failed));
    const std::uint64_t at_once = begun(look(ServerKind::primary), ActionKind::stop_immediate);
    step = look(ServerKind::primary);
    CHECK(orders<CancelAction>(step).empty());
    tell(ended(at_once, ActionResult::Outcome::done));
  }
}

TEST_CASE_METHOD(Leading, "a server that does not answer is ended at once when the lock runs out", "[stop]") {
  pass(20s);
  look(ServerKind::hung);
  pass(5s);
  (void)begun(look(ServerKind::hung), ActionKind::stop_immediate);
}

TEST_CASE_METHOD(Standby, "a standby gives its lock back as it runs, a server that starts is ended before",
                 "[stop]") {
  bool is_released = false;
  SECTION("a standby") {
    is_released = true;
  }
  SECTION("it starts") {
    look(ServerKind::starting);
  }
  const Step step = fail_three_times();
  CHECK(orders<ReleaseLock>(step).size() == (is_released ? 1 : 0));
  CHECK(begins(step, ActionKind::stop_immediate) != is_released);
}

TEST_CASE_METHOD(Promoting, "a promotion goes on while the lock lasts, and is called off once", "[stop]") {
  const bool is_lost = GENERATE(true, false);
  pass(24s - 1us);
  CHECK(orders<CancelAction>(tell(view)).empty());
  if (!is_lost) pass(1us);
  const auto cancels = orders<CancelAction>(is_lost ? lose() : tell(view));
  REQUIRE(cancels.size() == 1);
  CHECK(cancels[0].id == promotion);
  CHECK(orders<CancelAction>(tell(server(ServerKind::standby))).empty());
}

TEST_CASE_METHOD(Promoting, "a server whose promotion was called off may have become a primary", "[stop]") {
  lose();
  Step step = tell(ended(promotion, ActionResult::Outcome::cancelled));
  CHECK(name_of(step.row) == name_of(RowId::writable_without_lock));
  pass(2s);
  (void)begun(tell(view), ActionKind::stop_immediate);
}

TEST_CASE("a lock for which the guard has fired is released when nothing works on the server any more",
          "[stop]") {
  Leading node(ServerKind::standby);
  node.pass(1s);
  ServerView down = node.server(ServerKind::stopped);
  down.control = ControlState::in_archive_recovery;
  down.has_standby_signal = true;
  const std::uint64_t start = begun(node.look(down), ActionKind::start_standby);
  const Step fired = node.tell(GuardReport{7, false, true});
  CHECK(orders<CancelAction>(fired).size() == 1);
  node.pass(1s);
  CHECK(orders<ReleaseLock>(node.look(down)).empty());
  CHECK(orders<ReleaseLock>(node.tell(ended(start, ActionResult::Outcome::cancelled))).empty());
  CHECK(orders<ReleaseLock>(node.look(down)).size() == 1);
}

TEST_CASE_METHOD(Leading, "who gave the lock up stands back for ten seconds", "[stop]") {
  const std::uint64_t stop = begun(fail_three_times(), ActionKind::stop_immediate);
  tell(ended(stop, ActionResult::Outcome::done));
  REQUIRE(orders<ReleaseLock>(look(ServerKind::stopped)).size() == 1);
  view.revision = 9;
  view.leader.reset();
  CHECK(name_of(look(ServerKind::stopped).row) == name_of(RowId::stand_back));
  pass(10s - 1us);
  CHECK(name_of(look(ServerKind::stopped).row) == name_of(RowId::stand_back));
  pass(1us);
  CHECK(begins(look(ServerKind::stopped), ActionKind::start_standby));
}

TEST_CASE_METHOD(Node, "what is begun is told, with the member that it is about", "[stop]") {
  StoreView view = store(8, system_id);
  view.leader = LeaderKeyView{"n2", 78, 5, 5};
  view.members = {running("n2")};
  view.members[0].role = patroni::NodeRole::primary;
  tell(view);
  std::string expected;
  Step step;
  SECTION("a copy") {
    step = tell(server(ServerKind::stopped, DataState::absent));
    expected = "clone from n2";
  }
  SECTION("a recovery") {
    ServerView down = server(ServerKind::stopped);
    down.control = ControlState::in_production;
    step = tell(down);
    expected = std::string(name_of(ActionKind::recover_alone));
  }
  const auto words = told(step, HaFactKind::action_begun);
  REQUIRE(words.size() == 1);
  CHECK(words[0].words == expected);
}

}  // namespace tamada::ha
