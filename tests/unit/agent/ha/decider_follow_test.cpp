// A replica that is to be mended, or that waits: what is done about its history, and when it is looked at anew.
#include <catch2/catch.hpp>

#include <string>

#include "tests/unit/agent/ha/decider_facts.h"
#include "tests/unit/agent/ha/lock_holder.h"

namespace tamada::ha {
namespace {

std::uint64_t begun(const Step& step, ActionKind kind) {
  const auto all = orders<BeginAction>(step);
  REQUIRE(all.size() == 1);
  REQUIRE(name_of(all[0].action.kind) == name_of(kind));
  return all[0].action.id;
}

// n2 leads, and n1 is beside it.
struct Beside : Node {
  Beside() {
    view = store(8, system_id);
    view.leader = LeaderKeyView{"n2", 78, 5, 5};
    view.members = {running("n1"), running("n2")};
    view.members[1].role = patroni::NodeRole::primary;
  }
  Step look(ServerKind kind, Duration after = 1s) { return look(server(kind), after); }
  Step look(ServerView seen, Duration after = 1s) {
    pass(after);
    view.as_of = now();
    seen.as_of = now();
    const Step first = tell(view);
    return both(first, tell(seen));
  }
  Step end(std::uint64_t id, ActionResult::Outcome outcome, Divergence divergence = Divergence::cannot_know) {
    return tell(ActionEnded{id, {outcome, divergence, "why"}});
  }
  // The comparison shows that it has what n2 has not; the look after it.
  Step diverge(ServerKind kind) {
    end(begun(look(kind), ActionKind::check_divergence), ActionResult::Outcome::done, Divergence::diverged);
    return look(kind);
  }
  StoreView view;
};

}  // namespace

TEST_CASE_METHOD(Beside, "only a primary that crashed recovers by itself before its history is compared",
                 "[rejoin]") {
  ServerView down = server(ServerKind::stopped);
  auto expected = ActionKind::check_divergence;
  SECTION("it crashed") {
    down.control = ControlState::in_production;
    expected = ActionKind::recover_alone;
  }
  SECTION("it was shut down") {
    down.control = ControlState::shut_down;
  }
  SECTION("a standby crashed") {
    down.control = ControlState::in_archive_recovery;
  }
  const Step step = look(down);
  (void)begun(step, expected);
  CHECK(step.wanted.follow == "n2");
}

TEST_CASE_METHOD(Beside, "a standby that has to be rewound is stopped before, again and again if that fails",
                 "[rejoin]") {
  ClusterSettings settings;
  settings.use_pg_rewind = true;
  tell(settings);
  const std::uint64_t stop = begun(diverge(ServerKind::standby), ActionKind::stop_fast);
  end(stop, ActionResult::Outcome::failed);
  end(begun(look(ServerKind::standby, 1ms), ActionKind::stop_fast), ActionResult::Outcome::done);
  (void)begun(look(ServerKind::stopped), ActionKind::rewind);
}

TEST_CASE_METHOD(Beside, "a rewind waits for the leader's first checkpoint, and looks every second",
                 "[rejoin]") {
  ClusterSettings settings;
  settings.use_pg_rewind = true;
  tell(settings);
  view.members[1].has_checkpoint_pending = true;
  const Step step = diverge(ServerKind::stopped);
  CHECK(orders<BeginAction>(step).empty());
  CHECK(name_of(step.row) == name_of(RowId::rewind));
  CHECK(step.next_tick == now() + 1s);
  SECTION("it is over") {
    view.members[1].has_checkpoint_pending = false;
    (void)begun(look(ServerKind::stopped), ActionKind::rewind);
  }
  SECTION("a copy is allowed instead") {
    settings.use_pg_rewind = false;
    settings.remove_data_on_diverged_timelines = true;
    (void)begun(tell(settings), ActionKind::check_divergence);
  }
}

TEST_CASE_METHOD(Beside, "a copy that failed is no longer wanted where a rewind is allowed meanwhile",
                 "[rejoin]") {
  ClusterSettings settings;
  settings.remove_data_on_diverged_timelines = true;
  tell(settings);
  end(begun(diverge(ServerKind::stopped), ActionKind::clone), ActionResult::Outcome::failed);
  look(ServerKind::stopped, 1ms);
  settings.use_pg_rewind = true;
  (void)begun(tell(settings), ActionKind::check_divergence);
}

TEST_CASE_METHOD(Beside, "three rewinds that failed leave it to a copy, where that is allowed", "[rejoin]") {
  ClusterSettings settings;
  settings.use_pg_rewind = true;
  const bool may_copy = GENERATE(true, false);
  settings.remove_data_on_rewind_failure = may_copy;
  tell(settings);
  Step step = diverge(ServerKind::stopped);
  for (int time = 0; time < 3; ++time) {
    step = end(begun(step, ActionKind::rewind), ActionResult::Outcome::failed);
    CHECK(told(step, HaFactKind::rejoin_failed).size() == (time == 2 ? 1 : 0));
    step = look(ServerKind::stopped, 11s);
  }
  if (may_copy) {
    const auto copies = orders<BeginAction>(step);
    (void)begun(step, ActionKind::clone);
    CHECK(copies[0].action.may_replace_data);
  } else {
    CHECK(name_of(step.row) == name_of(RowId::rejoin_stuck));
  }
}

TEST_CASE_METHOD(Beside, "other actions that fail are no failed rewinds", "[rejoin]") {
  ClusterSettings settings;
  settings.use_pg_rewind = true;
  tell(settings);
  Step step = look(ServerKind::stopped);
  for (int time = 0; time < 5; ++time) {
    step = end(begun(step, ActionKind::check_divergence), ActionResult::Outcome::failed);
    CHECK(told(step, HaFactKind::rejoin_failed).empty());
    step = look(ServerKind::stopped, 11s);
  }
  CHECK(begins(step, ActionKind::check_divergence));
}

TEST_CASE_METHOD(Beside, "a crashed server that recovered does it once for each leader", "[rejoin]") {
  ServerView down = server(ServerKind::stopped);
  down.control = ControlState::in_production;
  end(begun(look(down), ActionKind::recover_alone), ActionResult::Outcome::done);
  // Nothing says any more that it did: the control file still looks as after a crash.
  end(begun(look(down), ActionKind::check_divergence), ActionResult::Outcome::done, Divergence::diverged);
  CHECK(name_of(look(down).row) == name_of(RowId::rejoin_stuck));
  const bool is_stuck = GENERATE(true, false);
  if (!is_stuck) {
    ClusterSettings settings;
    settings.use_pg_rewind = true;
    end(begun(tell(settings), ActionKind::check_divergence), ActionResult::Outcome::done,
        Divergence::diverged);
    view.members[1].has_checkpoint_pending = true;
    CHECK(name_of(look(down).row) == name_of(RowId::rewind));
  }
  ++view.revision;
  view.leader = LeaderKeyView{"n2", 80, 9, 9};
  (void)begun(look(down), is_stuck ? ActionKind::check_divergence : ActionKind::recover_alone);
}

TEST_CASE_METHOD(Beside, "in a pause a standby that runs follows the leader", "[rejoin]") {
  ClusterSettings paused;
  paused.pause = true;
  tell(paused);
  const Step step = look(ServerKind::standby);
  CHECK(name_of(step.row) == name_of(RowId::paused_wait));
  CHECK(step.wanted.follow == "n2");
}

TEST_CASE_METHOD(Node, "in a pause without a leader a standby follows nobody", "[rejoin]") {
  ClusterSettings paused;
  paused.pause = true;
  tell(paused);
  tell(store(8, system_id));
  const Step step = tell(server(ServerKind::standby));
  CHECK(name_of(step.row) == name_of(RowId::paused_wait));
  CHECK(step.wanted.follow.empty());
}

TEST_CASE_METHOD(Node, "in a pause a standby takes a free lock only when it is named, and now", "[rejoin]") {
  ClusterSettings paused;
  paused.pause = true;
  tell(paused);
  tell(server(ServerKind::standby));
  StoreView view = store(8, system_id);
  view.failover.mod_revision = 7;
  view.failover.candidate = "n1";
  auto expected = RowId::race;
  SECTION("it is named") {}
  SECTION("for later") {
    view.failover.is_due = false;
    expected = RowId::paused_wait;
  }
  SECTION("somebody else is named") {
    view.failover.candidate = "n2";
    expected = RowId::paused_wait;
  }
  SECTION("somebody else is named for later") {
    view.failover.candidate = "n2";
    view.failover.is_due = false;
    expected = RowId::paused_wait;
  }
  SECTION("nobody is named") {
    view.failover = {};
    expected = RowId::paused_wait;
  }
  CHECK(name_of(tell(view).row) == name_of(expected));
}

TEST_CASE_METHOD(Beside, "data that cannot be read are replaced where a setting allows a copy", "[rejoin]") {
  ClusterSettings settings;
  bool may = true;
  SECTION("of diverged data") {
    settings.remove_data_on_diverged_timelines = true;
  }
  SECTION("after a rewind that failed") {
    settings.remove_data_on_rewind_failure = true;
  }
  SECTION("of nothing") {
    may = false;
  }
  tell(settings);
  const Step step = look(server(ServerKind::stopped, DataState::broken));
  CHECK(begins(step, ActionKind::clone) == may);
  if (!may) CHECK(name_of(step.row) == name_of(RowId::wait_for_data));
}

}  // namespace tamada::ha
