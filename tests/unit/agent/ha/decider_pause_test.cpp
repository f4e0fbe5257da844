// An agent that comes to a running primary in a pause.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "tests/unit/agent/ha/decider_node.h"

namespace tamada::ha {
namespace {

// An agent that came in a pause to a primary whose leader key is still that of the Patroni that ran here before.
struct CameInPause : Node {
  CameInPause() {
    paused.pause = true;
    tell(paused);
    view = store(8, system_id);
    view.leader = LeaderKeyView{"n1", 55, 5, 5};
    tell(view);
    tell(server(ServerKind::primary));
    CHECK(stops(see()) == false);
  }
  static bool stops(const Step& step) {
    return begins(step, ActionKind::stop_immediate) || begins(step, ActionKind::stop_fast);
  }
  Step see() {
    pass(1s);
    const Step looked = tell(server(ServerKind::primary));
    view.as_of = now();
    return both(looked, tell(view));
  }
  ClusterSettings paused;
  StoreView view;
};

}  // namespace

TEST_CASE_METHOD(CameInPause, "the end of a pause stops no primary whose former lock has not ended yet",
                 "[decider]") {
  CHECK_FALSE(stops(tell(ClusterSettings{})));
  CHECK(name_of(row()) == name_of(RowId::found_primary));
  for (int second = 0; second < 20; ++second) CHECK_FALSE(stops(see()));
  SECTION("it ends, and this node takes the lock") {
    ++view.revision;
    view.leader.reset();
    Step step = see();
    for (int turn = 0; turn < 5 && orders<AcquireLock>(step).empty(); ++turn) step = see();
    REQUIRE(orders<AcquireLock>(step).size() == 1);
    CHECK_FALSE(stops(step));
    CHECK(orders<ArmGuard>(tell(lock(LockReport::Operation::acquire, 10, 10))).size() == 1);
  }
  SECTION("somebody else takes the lock") {
    view.revision += 2;
    view.leader = LeaderKeyView{"n2", 56, 10, 10};
    CHECK(stops(see()));
  }
  SECTION("somebody keeps it alive: it is a namesake's") {
    bool has_stopped = false;
    for (int second = 0; second < 30; ++second) has_stopped = has_stopped || stops(see());
    CHECK(has_stopped);
  }
  SECTION("etcd falls silent") {
    bool has_stopped = false;
    for (int second = 0; second < 15; ++second) {
      pass(1s);
      has_stopped = has_stopped || stops(tell(server(ServerKind::primary)));
    }
    CHECK(has_stopped);
  }
}

TEST_CASE_METHOD(CameInPause,
                 "a lock that ends in the pause is this node's to take, and the pause may end meanwhile",
                 "[decider]") {
  ++view.revision;
  view.leader.reset();
  REQUIRE(orders<AcquireLock>(see()).size() == 1);
  CHECK_FALSE(stops(tell(ClusterSettings{})));
  view.revision += 2;
  view.leader = own_key(10);  // the watch is quicker than the transaction's answer
  CHECK_FALSE(stops(see()));
  const Step step = tell(lock(LockReport::Operation::acquire, 10, 10));
  CHECK_FALSE(stops(step));
  CHECK(orders<ArmGuard>(step).size() == 1);
}

TEST_CASE_METHOD(CameInPause, "a leader key without a lease is nobody's former lock", "[decider]") {
  Node node;
  node.tell(paused);
  view.leader->lease = 0;
  node.tell(view);
  node.tell(node.server(ServerKind::primary));
  node.pass(1s);
  node.tell(node.server(ServerKind::primary));
  view.as_of = node.now();
  CHECK_FALSE(stops(node.tell(view)));
  CHECK(stops(node.tell(ClusterSettings{})));
}

}  // namespace tamada::ha
