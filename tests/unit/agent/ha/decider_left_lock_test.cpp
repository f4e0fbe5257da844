// An agent that finds a running primary, and which leader keys let it go on.
#include <catch2/catch.hpp>

#include "tests/unit/agent/ha/decider_node.h"

namespace tamada::ha {
namespace {

// A primary runs when the agent comes, in a pause, and etcd shows a leader key that is not this agent's.
struct Found : Node {
  explicit Found(LeaderKeyView leader = {"n1", 55, 5, 5}, ServerKind kind = ServerKind::primary) {
    ClusterSettings paused;
    paused.pause = true;
    tell(paused);
    view = store(8, system_id);
    view.leader = std::move(leader);
    tell(view);
    tell(server(kind));
    CHECK_FALSE(stops(see()));
  }
  static bool stops(const Step& step) {
    return begins(step, ActionKind::stop_immediate) || begins(step, ActionKind::stop_fast);
  }
  Step see(Duration after = 1s) {
    pass(after);
    const Step looked = tell(server(ServerKind::primary));
    view.as_of = now();
    return both(looked, tell(view));
  }
  Step end_pause() { return tell(ClusterSettings{}); }
  StoreView view;
};

struct FoundStandby : Found {
  FoundStandby() : Found({"n1", 55, 5, 5}, ServerKind::standby) {}
};

struct FoundBesideLeader : Found {
  FoundBesideLeader() : Found({"n2", 55, 5, 5}) {}
};

}  // namespace

TEST_CASE_METHOD(Found, "the lock of an earlier run is waited for until ten seconds after its ttl",
                 "[found]") {
  const TimePoint first_seen = now();
  end_pause();
  while (now() < first_seen + 39s) CHECK_FALSE(stops(see()));
  CHECK_FALSE(stops(see(1s - 1us)));
  CHECK(stops(see(1us)));
}

TEST_CASE_METHOD(FoundBesideLeader, "a primary that was found beside another leader ends with the pause",
                 "[found]") {
  CHECK(stops(end_pause()));
}

TEST_CASE_METHOD(FoundStandby, "a server that became a primary after the agent had come is not waited for",
                 "[found]") {
  see();
  CHECK(stops(end_pause()));
}

TEST_CASE_METHOD(Node, "without a pause a primary whose lock has the agent's name only is ended", "[found]") {
  StoreView view = store(8, system_id);
  view.leader = LeaderKeyView{"n1", 55, 5, 5};
  tell(view);
  tell(server(ServerKind::primary));
  pass(1s);
  view.as_of = now();
  CHECK(begins(tell(view), ActionKind::stop_immediate));
}

TEST_CASE_METHOD(Found, "a key that was made anew with the same lease is no earlier run's", "[found]") {
  view.revision = 9;
  view.leader->create_revision = 9;
  see();
  CHECK(stops(end_pause()));
}

TEST_CASE_METHOD(Found, "an earlier run's lock that was followed by another one is nobody's to take over",
                 "[found]") {
  // A store that was made anew comes to the same numbers of revisions again.
  view.store_id = 2;
  view.leader->lease = 56;
  CHECK_FALSE(stops(see()));
  view.revision = 9;
  view.leader.reset();
  CHECK_FALSE(stops(see()));
  CHECK(stops(end_pause()));
}

TEST_CASE_METHOD(Node, "a primary that was found and has led is ended when its lock is gone", "[found]") {
  ClusterSettings paused;
  paused.pause = true;
  tell(paused);
  StoreView view = store(8, system_id);
  tell(view);
  REQUIRE(orders<AcquireLock>(tell(server(ServerKind::primary))).size() == 1);
  // The watch is quicker than the transaction's answer.
  view.revision = 10;
  view.leader = own_key(10);
  tell(view);
  tell(lock(LockReport::Operation::acquire, 10, 10));
  CHECK(name_of(tell(ClusterSettings{}).row) == name_of(RowId::lead));
  view.revision = 12;
  view.leader.reset();
  CHECK(begins(tell(view), ActionKind::stop_immediate));
}

}  // namespace tamada::ha
