// What is wanted of a server's synchronous standbys, and what the state says of the lock.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "tests/unit/agent/ha/lock_holder.h"

namespace tamada::ha {
namespace {

using Names = std::vector<std::string>;

struct Synchronous {
  static ClusterSettings settings(bool is_strict) {
    ClusterSettings cluster;
    cluster.synchronous_mode = true;
    cluster.synchronous_mode_strict = is_strict;
    return cluster;
  }
  static SyncView sync(std::int64_t revision, const std::string& leader, Names standbys) {
    return {revision, leader, std::move(standbys), false, 0};
  }
};

}  // namespace

TEST_CASE("a leader waits for the standbys of its /sync", "[leader]") {
  Holder node(ServerKind::primary);
  const bool is_strict = GENERATE(false, true);
  node.tell(Synchronous::settings(is_strict));
  node.tell(GuardReport{7, true, false});
  node.view.sync = Synchronous::sync(8, "n1", {"n2"});
  ServerView seen = node.server(ServerKind::primary);
  seen.senders = {{"n2", true, true, 100}};
  const Step step = node.look(seen);
  REQUIRE(name_of(step.row) == name_of(RowId::lead));
  CHECK_FALSE(step.wanted.keeps_synchronous);
  CHECK(step.wanted.synchronous_standbys == Names{"n2"});
  CHECK_FALSE(step.wanted.wait_for_nobody);
}

TEST_CASE("before a promotion the setting is that of a leader which nobody confirms yet", "[leader]") {
  Holder node(ServerKind::standby);
  const bool is_strict = GENERATE(false, true);
  node.tell(Synchronous::settings(is_strict));
  node.tell(GuardReport{7, true, false});
  node.view.sync = Synchronous::sync(3, "n2", {"n1"});
  const Step step = node.look(ServerKind::standby);
  REQUIRE(name_of(step.row) == name_of(RowId::promote));
  CHECK_FALSE(step.wanted.keeps_synchronous);
  CHECK(step.wanted.synchronous_standbys == Names{});
  CHECK(step.wanted.wait_for_nobody == is_strict);
}

TEST_CASE("before a start in place the setting is that of a leader, too", "[leader]") {
  Holder node(ServerKind::standby);
  node.tell(Synchronous::settings(false));
  node.tell(GuardReport{7, true, false});
  node.view.sync = Synchronous::sync(3, "n2", {"n1"});
  ServerView down = node.server(ServerKind::stopped);
  down.control = ControlState::in_production;
  node.tell(down);
  const Step step = node.tell(node.view);
  REQUIRE(name_of(step.row) == name_of(RowId::start_in_place));
  REQUIRE(orders<WriteSync>(step).size() == 1);
  CHECK_FALSE(step.wanted.keeps_synchronous);
  CHECK(step.wanted.synchronous_standbys == Names{});
}

TEST_CASE("a standby's setting stays as it is", "[decider]") {
  Node node;
  node.tell(Synchronous::settings(true));
  StoreView view = node.store(8, system_id);
  view.leader = LeaderKeyView{"n2", 5, 5, 5};
  view.sync = Synchronous::sync(5, "n2", {"n1"});
  node.tell(view);
  const Step step = node.tell(node.server(ServerKind::standby));
  CHECK(step.wanted.keeps_synchronous);
  CHECK_FALSE(step.wanted.synchronous_standbys);
  CHECK_FALSE(step.wanted.wait_for_nobody);
}

TEST_CASE("the state tells of the lock's end, and whether the cluster is without a leader", "[decider]") {
  Holder node(ServerKind::primary);
  CHECK_FALSE(node.state().is_unlocked);  // etcd was not looked at
  const TimePoint end = node.now() + 30s;
  node.look(ServerKind::primary);
  CHECK_FALSE(node.state().is_unlocked);
  CHECK(node.state().lock_valid_until == end);
  node.view.leader.reset();
  ++node.view.revision;
  node.pass(1s);
  node.look(ServerKind::primary);
  CHECK(node.state().is_unlocked);
  CHECK(node.state().lock_valid_until == TimePoint{});
}

}  // namespace tamada::ha
