// What keeps a standby from a race for a free lock: its own state, the settings, and a pause in which somebody may have led on.
#include <catch2/catch.hpp>

#include <string>

#include "tests/unit/agent/ha/race_node.h"

namespace tamada::ha {
namespace {

// It has seen n2 lead in a pause, and n2's leader key go; then the pause is over.
struct AfterPause : Racer {
  void pass_pause() {
    ClusterSettings paused;
    paused.pause = true;
    tell(paused);
    see_store();
    view.leader.reset();
    ++view.revision;
    see_store();
  }
  Step race(const std::optional<PeerStatus>& n2) {
    tell(ClusterSettings{});
    answer("n3", standby_at(90));
    return answer("n2", n2);
  }
};

struct LockedStandby : Holder {
  LockedStandby() : Holder(ServerKind::standby) {}
};

std::string refusal(const std::string& why) {
  return why.empty() ? why : "following a different leader because " + why;
}

}  // namespace

TEST_CASE_METHOD(Racer, "who is not allowed to lead does not race", "[decider]") {
  std::string why;
  SECTION("nofailover") {
    me.tags.nofailover = true;
    why = "I am not allowed to promote";
  }
  SECTION("nofailover, whoever asks for it") {
    me.tags.nofailover = true;
    view.failover = {8, "", "n1", true};
    why = "nofailover";
  }
  SECTION("settings that are not supported") {
    ClusterSettings settings;
    settings.unsupported = "quorum";
    tell(settings);
    why = "quorum";
  }
  SECTION("no guard") {
    GuardReport missing;
    missing.is_missing = true;
    tell(missing);
    why = "my guard does not answer";
  }
  SECTION("a new cluster is being made") {
    view.initialize.clear();
    why = "somebody makes a new cluster";
  }
  SECTION("its position is not known") {
    ServerView seen = server(ServerKind::standby);
    seen.received.reset();
    tell(seen);
    why = "my position is not known";
  }
  tell(me);
  const Step step = see_store();
  CHECK(name_of(step.row) == name_of(RowId::race));
  CHECK(step.reason == refusal(why));
  CHECK(questions(step).empty() == !why.empty());
}

TEST_CASE_METHOD(Racer, "who is farther behind the last leader than allowed does not race", "[decider]") {
  ClusterSettings settings;
  settings.maximum_lag_on_failover = 1000;
  tell(settings);
  view.optime = 1101;  // it is at 100
  bool may_race = false;
  SECTION("by one byte too many") {}
  SECTION("by as much as is allowed") {
    view.optime = 1100;
    may_race = true;
  }
  SECTION("somebody asked for it") {
    view.failover = {8, "", "n1", true};
    may_race = true;
  }
  SECTION("somebody asked for it, for later") {
    view.failover = {8, "", "n1", false};
  }
  SECTION("somebody asked for another one") {
    view.failover = {8, "", "n2", true};
  }
  const Step step = see_store();
  CHECK(step.reason == refusal(may_race ? "" : "My wal position exceeds maximum replication lag"));
  CHECK(questions(step).empty() == !may_race);
}

TEST_CASE_METHOD(Racer, "in synchronous mode only those whom /sync names race", "[decider]") {
  view.sync = {5, "n2", {"n3"}, false, 0};
  std::string why = "/sync does not name me";
  SECTION("it names others") {}
  SECTION("and a switchover to this node was asked for") {
    view.failover = {8, "n2", "n1", true};
  }
  SECTION("and a fail-over to another node was asked for") {
    view.failover = {8, "", "n2", true};
  }
  SECTION("a fail-over to this node was asked for, whatever is lost") {
    view.failover = {8, "", "n1", true};
    why.clear();
  }
  SECTION("it names this node") {
    view.sync.standbys = {"n1"};
    why.clear();
  }
  SECTION("it is nobody's") {
    view.sync = {5, "", {}, false, 0};
    why.clear();
  }
  SECTION("it cannot be read") {
    view.sync = {5, "", {}, true, 0};
    why = "/sync cannot be read";
  }
  SECTION("it is of quorum mode") {
    view.sync = {5, "n2", {"n1"}, false, 1};
    why = "/sync is of quorum mode, which is not supported yet";
  }
  const Step step = see_store();
  CHECK(step.reason == refusal(why));
  CHECK(questions(step).empty() == !why.empty());
}

TEST_CASE_METHOD(Racer, "an older timeline than the cluster's races only where nobody compares them",
                 "[decider]") {
  ClusterSettings settings;
  settings.check_timeline = true;
  ServerView seen = server(ServerKind::standby);  // on timeline 1
  bool may_race = false;
  SECTION("it is the newest") {
    may_race = true;
  }
  SECTION("the newest is one that came after the last entry of the history") {
    view.last_history_timeline = 1;
    seen.timeline = 2;
    may_race = true;
  }
  SECTION("it is older") {
    view.last_history_timeline = 1;
  }
  SECTION("it is not known") {
    seen.timeline = 0;
  }
  SECTION("it is older, and that does not matter") {
    view.last_history_timeline = 1;
    settings.check_timeline = false;
    may_race = true;
  }
  tell(settings);
  tell(seen);
  const Step step = see_store();
  CHECK(step.reason == refusal(may_race ? "" : "my timeline is older than the cluster's"));
  CHECK(questions(step).empty() == !may_race);
}

TEST_CASE_METHOD(Racer, "after etcd lost what it knew nobody races before a forgotten lock has ended",
                 "[decider]") {
  view.leader = LeaderKeyView{"n2", 5, 5, 5};
  see_store();
  pass(1s);
  view.leader.reset();
  view.revision = 3;
  const TimePoint lost = now();
  Step step = see_store();
  CHECK(step.reason == refusal("etcd has lost what it knew, and a forgotten lock may still be held"));
  while (now() < lost + 25s) {
    pass(5s);
    look(false);
    step = see_store();
    CHECK(questions(step).empty());
  }
  CHECK(step.next_tick == lost + 30s);
  CHECK(questions(wait(4999ms)).empty());
  SECTION("then it does") {
    CHECK(questions(wait(1ms)) == Names{"n2", "n3"});
  }
  SECTION("or has another reason not to, and does not ask itself all the time") {
    me.tags.nofailover = true;
    step = wait(1ms);
    CHECK(step.next_tick == now() + 10s);
    step = wait(1ms);
    CHECK(step.next_tick == now() + 10s);
  }
}

TEST_CASE_METHOD(LockedStandby, "who gave the lock up lets others take it for ten seconds", "[decider]") {
  look(ServerKind::standby);
  for (int error = 0; error < 3; ++error) tell(UnexpectedError{"nobody expected this"});
  const TimePoint given = now();
  LockReport released = lock(LockReport::Operation::release, 7, 9);
  released.outcome = LockReport::Outcome::not_held;
  view.leader.reset();
  view.revision = 9;
  tell(view);
  tell(released);
  const bool is_alone = GENERATE(false, true);
  if (is_alone) view.members[1].tags.nofailover = true;
  pass(1s);
  Step step = look(ServerKind::standby);
  if (is_alone) {
    CHECK(orders<AskPeer>(step).size() == 1);
    return;
  }
  CHECK(step.reason == refusal("I gave the lock up a moment ago"));
  CHECK(step.next_tick == given + 10s);
  pass(8999ms);
  CHECK(orders<AskPeer>(look(ServerKind::standby)).empty());
  NodeSettings me;
  me.name = "n1";
  SECTION("then it races itself") {
    pass(1ms);
    CHECK(orders<AskPeer>(tell(me)).size() == 1);
  }
  SECTION("or has another reason not to, and does not ask itself all the time") {
    me.tags.nofailover = true;
    pass(1ms);
    CHECK(tell(me).next_tick == now() + 10s);
    pass(1ms);
    CHECK(tell(me).next_tick == now() + 10s);
  }
}

TEST_CASE_METHOD(AfterPause, "a leader that went away in a pause may still take writes", "[decider]") {
  view.leader = LeaderKeyView{"n2", 5, 5, 5};
  PeerStatus unknown;
  std::string why = "n2 led in a pause, or may have, does not answer, and may still take writes";
  SECTION("it does not answer") {
    pass_pause();
    CHECK(race(std::nullopt).reason == why);
  }
  SECTION("it answers, and cannot tell what its server is") {
    pass_pause();
    CHECK(race(unknown).reason == why);
  }
  SECTION("it answers as a standby") {
    pass_pause();
    CHECK(goes_on(race(standby_at(90))));
  }
  SECTION("somebody takes the risk upon himself") {
    view.failover = {8, "", "n1", true};
    pass_pause();
    CHECK(goes_on(race(std::nullopt)));
  }
  SECTION("a switchover asks for no risk") {
    view.failover = {8, "n2", "n1", true};
    pass_pause();
    CHECK(race(std::nullopt).reason == why);
  }
  SECTION("nor does a fail-over to another node") {
    view.failover = {8, "", "n3", true};
    pass_pause();
    CHECK(race(std::nullopt).reason == why);
  }
  SECTION("nor one that is for later") {
    view.failover = {8, "", "n1", false};
    pass_pause();
    CHECK(race(std::nullopt).reason == why);
  }
  SECTION("it was this node") {
    view.leader->name = "n1";
    pass_pause();
    CHECK(goes_on(race(std::nullopt)));
  }
}

TEST_CASE_METHOD(AfterPause, "where nobody knows who led in a pause, everybody has to answer", "[decider]") {
  pass_pause();
  SECTION("one does not") {
    CHECK(race(std::nullopt).reason ==
          "somebody led in a pause, or may have, does not answer, and may still take writes");
  }
  SECTION("all do") {
    CHECK(goes_on(race(standby_at(90))));
  }
}

}  // namespace tamada::ha
