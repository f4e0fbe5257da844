// A node that goes because somebody wants it: leaving standbys, hand-overs that end hard or are called off.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "tests/unit/agent/ha/decider_node.h"

namespace tamada::ha {
namespace {

// A standby of n2, which leads in synchronous mode and waits for it, is asked to end.
struct LeavingStandby : Node {
  LeavingStandby() {
    ClusterSettings cluster;
    cluster.synchronous_mode = true;
    tell(cluster);
    MemberView leader = member("n2", true);
    leader.is_running = true;
    leader.role = patroni::NodeRole::primary;
    view = store(8, system_id);
    view.members = {leader};
    view.leader = LeaderKeyView{"n2", 78, 5, 5};
    view.sync.mod_revision = 7;
    view.sync.leader = "n2";
    view.sync.standbys = {"n1"};
    ServerView standby = server(ServerKind::standby);
    standby.is_receiving = true;
    standby.follows = "n2";
    tell(standby);
    tell(view);
    CHECK_FALSE(stays_out_of_sync());
    CHECK_FALSE(begins(tell(LeaveRequest{}), ActionKind::stop_fast));
    CHECK(stays_out_of_sync());
  }
  Step see_later() {
    view.as_of = now();
    ++view.revision;
    return tell(view);
  }
  StoreView view;
};

}  // namespace

TEST_CASE_METHOD(LeavingStandby, "a synchronous standby goes when its leader does not wait for it any more",
                 "[decider]") {
  pass(1s);
  SECTION("/sync names it no more") {
    CHECK_FALSE(begins(see_later(), ActionKind::stop_fast));
    view.sync.standbys.clear();
    CHECK(begins(see_later(), ActionKind::stop_fast));
  }
  SECTION("the leader goes as well") {
    view.members[0].is_running = false;
    CHECK(begins(see_later(), ActionKind::stop_fast));
  }
  SECTION("nobody leads any more") {
    view.leader.reset();
    CHECK(begins(see_later(), ActionKind::stop_fast));
  }
  SECTION("the leader does nothing about it for two of its cycles") {
    pass(18s);
    CHECK_FALSE(begins(see_later(), ActionKind::stop_fast));
    pass(1s);
    CHECK(begins(both(tell(server(ServerKind::standby)), see_later()), ActionKind::stop_fast));
  }
}

TEST_CASE("a leader that was ended hard hands over to a synchronous standby only", "[decider]") {
  Node node;
  const bool is_named = GENERATE(true, false);
  ClusterSettings cluster;
  cluster.synchronous_mode = true;
  node.tell(cluster);
  node.tell(node.server(ServerKind::primary));
  MemberView standby = member("n2", true);
  standby.is_running = true;
  StoreView view = node.store(8, system_id);
  view.leader = Node::own_key(5);
  view.members = {standby};
  view.sync.mod_revision = 7;
  view.sync.leader = "n1";
  if (is_named) view.sync.standbys = {"n2"};
  // A fail-over to a node of one's choice may leave /sync.
  view.failover.mod_revision = 8;
  view.failover.candidate = "n2";
  node.tell(node.lock(LockReport::Operation::acquire, 5, 5));
  node.tell(GuardReport{5, true, false});
  REQUIRE(orders<AskPeer>(node.tell(view)).size() == 1);
  PeerStatus answer;
  answer.server = PeerStatus::Server::standby;
  answer.position = 100;
  const auto begun = orders<BeginAction>(node.tell(PeerAnswer{"n2", node.now(), answer}));
  REQUIRE(begun.size() == 1);
  REQUIRE(begun[0].action.kind == ActionKind::stop_fast);
  node.pass(1s);
  node.tell(ActionEnded{begun[0].action.id, {ActionResult::Outcome::done, Divergence::cannot_know, {}}});
  node.pass(1s);
  ServerView stopped = node.server(ServerKind::stopped);
  stopped.control = ControlState::in_production;
  stopped.checkpoint = 50;
  REQUIRE(orders<AskPeer>(node.tell(stopped)).size() == 1);
  node.pass(10ms);
  CHECK(orders<ReleaseLock>(node.tell(PeerAnswer{"n2", node.now(), answer})).size() == (is_named ? 1 : 0));
  if (is_named) return;
  // It is the leader again, by the recovery of its own log.
  node.pass(6s);
  stopped.as_of = node.now();
  node.tell(stopped);
  view.as_of = node.now();
  CHECK(begins(node.tell(view), ActionKind::start_primary));
}

namespace {

// A leader whose switchover to n2 is called off, since n2 lacks what the stopped server has: it is to start again.
struct CalledOff : Node {
  CalledOff() {
    tell(server(ServerKind::primary));
    MemberView candidate = member("n2", true);
    candidate.is_running = true;
    view = store(8, system_id);
    view.leader = own_key(5);
    view.members = {candidate};
    view.failover.mod_revision = 8;
    view.failover.leader = "n1";
    view.failover.candidate = "n2";
    tell(lock(LockReport::Operation::acquire, 5, 5));
    tell(GuardReport{5, true, false});
    tell(view);
    PeerStatus answer;
    answer.server = PeerStatus::Server::standby;
    answer.position = 100;
    const auto begun = orders<BeginAction>(tell(PeerAnswer{"n2", now(), answer}));
    REQUIRE(begun.size() == 1);
    REQUIRE(begun[0].action.kind == ActionKind::stop_fast);
    pass(1s);
    tell(ActionEnded{begun[0].action.id, {ActionResult::Outcome::done, Divergence::cannot_know, {}}});
    pass(100ms);
    tell(stopped());
    pass(10ms);
    answer.position = 90;
    tell(PeerAnswer{"n2", now(), answer});
    pass(6s);
  }
  ServerView stopped(DataState data = DataState::present) {
    ServerView seen = server(ServerKind::stopped, data);
    if (data == DataState::present) seen.control = ControlState::shut_down;
    if (data == DataState::present) seen.checkpoint = 100;
    return seen;
  }
  Step see(const ServerView& seen) {
    view.as_of = now();
    ++view.revision;
    const Step first = tell(seen);
    const Step second = both(first, tell(view));
    pass(1s);
    return both(second, tell(seen));
  }
  StoreView view;
};

}  // namespace

TEST_CASE_METHOD(CalledOff, "a leader whose candidate lacks something starts again", "[decider]") {
  const Step step = see(stopped());
  CHECK(begins(step, ActionKind::start_primary));
  CHECK(orders<ReleaseLock>(step).empty());
}

TEST_CASE_METHOD(CalledOff, "a leader that loses its data while it hands over gives the lock up",
                 "[decider]") {
  const auto data = GENERATE(DataState::absent, DataState::broken);
  CHECK(orders<ReleaseLock>(see(stopped(data))).size() == 1);
}

}  // namespace tamada::ha
