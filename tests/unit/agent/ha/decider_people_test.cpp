// What people ask for: other settings, a restart, a copy anew; and what an earlier run of the agent has seen.
#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

#include "tests/unit/agent/ha/lock_holder.h"

namespace tamada::ha {
namespace {

constexpr OperatorRequest restart{OperatorRequest::Kind::restart};
constexpr OperatorRequest reinitialize{OperatorRequest::Kind::reinitialize};

ClusterSettings in_pause() {
  ClusterSettings paused;
  paused.pause = true;
  return paused;
}

// n2 leads and runs.
struct Follower : Node {
  Follower() {
    view = store(8, system_id);
    view.leader = LeaderKeyView{"n2", 5, 5, 5};
    view.members = {running("n1"), running("n2")};
    view.members[1].role = patroni::NodeRole::primary;
  }
  Step see(ServerView seen) {
    seen.as_of = now();
    tell(seen);
    view.as_of = now();
    return tell(view);
  }
  Step follow() {
    ServerView seen = server(ServerKind::standby);
    seen.follows = "n2";
    seen.is_receiving = true;
    return see(seen);
  }
  ServerView down() {
    ServerView seen = server(ServerKind::stopped);
    seen.control = ControlState::shut_down;
    return seen;
  }
  StoreView view;
};

// The leader n1, its guard armed.
struct Leader : Holder {
  Leader() : Holder(ServerKind::primary) {
    tell(GuardReport{7, true, false});
    look(ServerKind::primary);
  }
};

}  // namespace

TEST_CASE_METHOD(Follower, "a standby is restarted when somebody asks for it", "[decider]") {
  REQUIRE(orders<BeginAction>(follow()).empty());
  const Step step = tell(restart);
  REQUIRE(begins(step, ActionKind::restart));
  // One thing at a time.
  CHECK(orders<BeginAction>(tell(restart)).empty());
}

TEST_CASE_METHOD(Leader, "a leader is restarted only under an armed guard", "[decider]") {
  SECTION("it is armed") {
    CHECK(begins(tell(restart), ActionKind::restart));
  }
  SECTION("it is not") {
    tell(GuardReport{7, false, false});
    CHECK_FALSE(begins(tell(restart), ActionKind::restart));
  }
  SECTION("the lock is about to end") {
    pass(26s);
    tell(server(ServerKind::hung));
    CHECK_FALSE(begins(tell(restart), ActionKind::restart));
  }
}

TEST_CASE_METHOD(Leader, "a leader that hands over is not restarted meanwhile", "[decider]") {
  view.failover = {8, "n1", "n2", true};
  CHECK(orders<AskPeer>(tell(view)).size() == 1);
  CHECK_FALSE(begins(tell(restart), ActionKind::restart));
  CHECK(name_of(tell(in_pause()).row) == name_of(RowId::handing_over));
}

TEST_CASE_METHOD(Follower, "a primary without the lock is restarted in a pause only", "[decider]") {
  view.leader.reset();
  see(server(ServerKind::primary));
  REQUIRE(name_of(row()) == name_of(RowId::found_primary));
  CHECK_FALSE(begins(tell(restart), ActionKind::restart));
  view.leader = LeaderKeyView{"n2", 5, 9, 9};
  view.revision = 9;
  tell(in_pause());
  see(server(ServerKind::primary));
  CHECK(begins(tell(restart), ActionKind::restart));
}

TEST_CASE_METHOD(Follower, "a server that stands still in a pause is started when somebody asks for it",
                 "[decider]") {
  tell(in_pause());
  bool is_started = false;
  std::string follows = "n2";
  SECTION("as a standby of the leader") {
    see(down());
    is_started = true;
  }
  SECTION("without a leader, of nobody") {
    view.leader.reset();
    see(down());
    is_started = true;
    follows.clear();
  }
  SECTION("not where there are no data") {
    see(server(ServerKind::stopped, DataState::absent));
  }
  SECTION("not where the data are another cluster's") {
    ServerView seen = down();
    seen.system_id = "7199999999999999999";
    see(seen);
    follows.clear();
  }
  const Step step = tell(restart);
  CHECK(begins(step, ActionKind::restart) == is_started);
  CHECK(step.wanted.follow == follows);
}

TEST_CASE_METHOD(Follower, "a server that stands still is not started by a restart where there is no pause",
                 "[decider]") {
  view.members[1].is_running = false;
  see(down());
  REQUIRE(name_of(row()) == name_of(RowId::wait));
  CHECK(orders<BeginAction>(tell(restart)).empty());
}

TEST_CASE_METHOD(Leader, "a server that stands still under its lock in a pause is not started by a restart",
                 "[decider]") {
  tell(in_pause());
  ServerView down = server(ServerKind::stopped);
  down.control = ControlState::shut_down;
  look(down);
  REQUIRE(name_of(row()) == name_of(RowId::paused_release));
  CHECK(orders<BeginAction>(tell(restart)).empty());
}

TEST_CASE_METHOD(Follower, "a standby is made anew from a leader that runs when somebody asks for it",
                 "[decider]") {
  follow();
  SECTION("the leader runs") {
    const auto begun = orders<BeginAction>(tell(reinitialize));
    REQUIRE(begun.size() == 1);
    CHECK(begun[0].action.kind == ActionKind::clone);
    CHECK(begun[0].action.from == "n2");
    CHECK(begun[0].action.may_replace_data);
  }
  SECTION("it does not") {
    view.members[1].is_running = false;
    follow();
    CHECK(orders<BeginAction>(tell(reinitialize)).empty());
  }
  SECTION("there is none") {
    view.leader.reset();
    view.revision = 9;
    follow();
    CHECK(orders<BeginAction>(tell(reinitialize)).empty());
  }
  SECTION("the data are another cluster's") {
    view.initialize = "7199999999999999999";
    follow();
    CHECK(orders<BeginAction>(tell(reinitialize)).empty());
  }
}

TEST_CASE_METHOD(Follower, "a server that takes writes is not replaced by a copy", "[decider]") {
  tell(in_pause());
  see(server(ServerKind::primary));
  CHECK(orders<BeginAction>(tell(reinitialize)).empty());
}

TEST_CASE_METHOD(Follower, "a copy that somebody asked for in a pause is started in the pause", "[decider]") {
  tell(in_pause());
  follow();
  const auto begun = orders<BeginAction>(tell(reinitialize));
  REQUIRE(begun.size() == 1);
  pass(1s);
  tell(ActionEnded{begun[0].action.id, {ActionResult::Outcome::done, Divergence::cannot_know, {}}});
  pass(1s);
  ServerView copied = server(ServerKind::stopped);
  copied.has_standby_signal = true;
  CHECK(begins(tell(copied), ActionKind::start_standby));
}

TEST_CASE_METHOD(Leader, "settings that are not supported are told once", "[decider]") {
  const auto told = [](const Step& step) {
    return std::count_if(step.facts.begin(), step.facts.end(),
                         [](const HaFact& one) { return one.kind == HaFactKind::settings_refused; });
  };
  ClusterSettings strange;
  strange.unsupported = "quorum";
  CHECK(told(tell(strange)) == 1);
  CHECK(told(tell(strange)) == 0);
  strange.unsupported = "something else";
  CHECK(told(tell(strange)) == 1);
  CHECK(told(tell(ClusterSettings{})) == 0);
}

TEST_CASE_METHOD(Leader, "a shorter ttl ends the lock so long from now at the latest", "[decider]") {
  ClusterSettings cluster;
  TimePoint end = now() + 40s;  // by a lease that is longer than the settings' ttl
  renew_until(end);
  SECTION("it is shorter") {
    cluster.ttl = 20s;
    end = now() + 20s;
  }
  SECTION("it is the same") {}
  SECTION("it is longer") {
    cluster.ttl = 35s;
  }
  tell(cluster);
  CHECK(state().lock_valid_until == end);
}

TEST_CASE("only what others had keeps an empty node from founding a cluster", "[decider]") {
  Node node;
  StoreMemory memory;
  memory.store_id = 1;
  memory.revision = 4;
  bool may_found = true;
  SECTION("it had data itself") {
    memory.members = {member("n1", true)};
  }
  SECTION("another one had none") {
    memory.members = {member("n2", false)};
  }
  SECTION("another one had some") {
    memory.members = {member("n2", true)};
    may_found = false;
  }
  node.tell(memory);
  node.tell(node.new_store(5));
  const Step step = node.tell(node.server(ServerKind::stopped, DataState::absent));
  CHECK(orders<ClaimInitialize>(step).size() == (may_found ? 1U : 0U));
}

}  // namespace tamada::ha
