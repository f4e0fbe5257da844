// What the decider makes of single events where the order of two of them, or what was seen before, decides.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "tests/unit/agent/ha/decider_node.h"

namespace tamada::ha {
namespace {

// A new cluster's bootstrap runs; its action's id.
std::uint64_t begun_bootstrap(Node& node) {
  node.tell(node.new_store(5));
  const auto claims = orders<ClaimInitialize>(node.tell(node.server(ServerKind::stopped, DataState::absent)));
  REQUIRE(claims.size() == 1);
  node.pass(1s);
  node.tell(WriteEnded{claims[0].id, WriteEnded::Outcome::done, 6});
  const auto begun = orders<BeginAction>(node.tell(node.store(6)));
  REQUIRE(begun.size() == 1);
  REQUIRE(begun[0].action.kind == ActionKind::bootstrap);
  return begun[0].action.id;
}

// It has ended well, and the lock is being taken.
void end_bootstrap(Node& node, std::uint64_t id) {
  node.pass(1s);
  node.tell(ActionEnded{id, {ActionResult::Outcome::done, Divergence::cannot_know, {}}});
  node.pass(1s);
  node.tell(node.store(6));
  REQUIRE(orders<AcquireLock>(node.tell(node.server(ServerKind::primary))).size() == 1);
}

// The bootstrap's server runs, closed, and the lock is held with the guard armed. `write`: of the identifier.
std::uint64_t made_cluster(Node& node) {
  end_bootstrap(node, begun_bootstrap(node));
  node.tell(node.lock(LockReport::Operation::acquire, 7, 7));
  const auto writes = orders<WriteInitialize>(node.tell(GuardReport{7, true, false}));
  REQUIRE(writes.size() == 1);
  return writes[0].id;
}

}  // namespace

TEST_CASE("a leader that wrote the system identifier has no claim to found another cluster", "[decider]") {
  Node node;
  node.tell(node.server(ServerKind::primary));
  node.tell(node.lock(LockReport::Operation::acquire, 7, 7));
  StoreView led = node.new_store(8);  // a wiped one
  led.leader = Node::own_key(7);
  node.tell(GuardReport{7, true, false});
  const auto writes = orders<WriteInitialize>(node.tell(led));
  REQUIRE(writes.size() == 1);
  node.pass(1s);
  node.tell(WriteEnded{writes[0].id, WriteEnded::Outcome::done, 9});
  node.pass(1s);
  node.tell(node.server(ServerKind::stopped, DataState::absent));
  node.tell(node.store(10, system_id));  // the lock is gone
  node.pass(60s);
  node.tell(node.server(ServerKind::stopped, DataState::absent));
  const Step step = node.tell(node.store(10, system_id));
  CHECK(name_of(step.row) == name_of(RowId::wait_for_data));
  CHECK(step.orders.empty());
}

TEST_CASE("an empty node founds no cluster beside a member that had data", "[decider]") {
  Node node;
  StoreMemory memory;
  memory.members = {member("n2", true)};
  SECTION("nobody is remembered") {
    node.tell(node.new_store(5));
    CHECK(orders<ClaimInitialize>(node.tell(node.server(ServerKind::stopped, DataState::absent))).size() ==
          1);
  }
  SECTION("it is missing") {
    node.tell(memory);
    for (int minute = 0; minute < 20; ++minute) {
      node.tell(node.new_store(5));
      const Step step = node.tell(node.server(ServerKind::stopped, DataState::absent));
      CHECK(name_of(step.row) == name_of(RowId::wait_for_data));
      CHECK(step.reason.find("n2 has data") == 0);
      CHECK(step.orders.empty());
      node.pass(60s);
    }
  }
  SECTION("it is there, and has none any more") {
    node.tell(memory);
    bool has_claimed = false;
    for (int minute = 0; minute < 10; ++minute) {
      StoreView view = node.new_store(5);
      view.members = {member("n2", false)};
      node.tell(view);
      const Step step = node.tell(node.server(ServerKind::stopped, DataState::absent));
      has_claimed = has_claimed || !orders<ClaimInitialize>(step).empty();
      if (minute < 5) CHECK_FALSE(has_claimed);
      node.pass(60s);
    }
    CHECK(has_claimed);
  }
}

TEST_CASE("a cluster is made although the answer to the identifier's write was lost", "[decider]") {
  Node node;
  const std::uint64_t write = made_cluster(node);
  const auto outcome = GENERATE(WriteEnded::Outcome::cannot_know, WriteEnded::Outcome::lost);
  node.tell(WriteEnded{write, outcome, outcome == WriteEnded::Outcome::lost ? 8 : 0});
  node.pass(1s);
  SECTION("it was carried out") {
    StoreView founded = node.store(8, system_id);
    founded.leader = Node::own_key(7);
    const Step step = node.tell(founded);
    CHECK_FALSE(step.wanted.is_closed);
    CHECK_FALSE(begins(step, ActionKind::set_aside));
    CHECK(name_of(node.row()) == name_of(RowId::lead));
  }
  SECTION("somebody else's is there") {
    CHECK(begins(node.tell(node.store(8, "7199999999999999999")), ActionKind::stop_immediate));
  }
}

TEST_CASE("the watch may show the key of a lock that is being taken before the transaction is answered",
          "[decider]") {
  Node node;
  const std::uint64_t bootstrap = begun_bootstrap(node);
  // The server is seen before the action has ended: it is closed, and nobody's to end.
  const Step seen = node.tell(node.server(ServerKind::primary));
  CHECK(seen.wanted.is_closed);
  CHECK(orders<CancelAction>(seen).empty());
  end_bootstrap(node, bootstrap);
  StoreView taken = node.store(7);
  taken.leader = Node::own_key(7);
  CHECK_FALSE(begins(node.tell(taken), ActionKind::stop_immediate));
  node.tell(node.lock(LockReport::Operation::acquire, 7, 7));
  CHECK(orders<WriteInitialize>(node.tell(GuardReport{7, true, false})).size() == 1);
}

TEST_CASE("a primary that was found running goes on while its lock is being taken", "[decider]") {
  Node node;
  node.tell(node.store(5, system_id));
  Step step = node.tell(node.server(ServerKind::primary));
  for (int turn = 0; turn < 5 && orders<AcquireLock>(step).empty(); ++turn) {
    node.pass(1s);
    node.tell(node.store(5, system_id));
    step = node.tell(node.server(ServerKind::primary));
  }
  REQUIRE(orders<AcquireLock>(step).size() == 1);
  // The watch is quicker than the transaction's answer.
  StoreView taken = node.store(6, system_id);
  taken.leader = Node::own_key(6);
  step = node.tell(taken);
  CHECK_FALSE(begins(step, ActionKind::stop_immediate));
  CHECK_FALSE(begins(step, ActionKind::stop_fast));
  step = node.tell(node.lock(LockReport::Operation::acquire, 6, 6));
  CHECK_FALSE(begins(step, ActionKind::stop_immediate));
  CHECK(orders<ArmGuard>(step).size() == 1);
}

TEST_CASE("a primary that the cluster has left behind takes no lock", "[decider]") {
  Node node;
  StoreView view = node.store(5, system_id);
  std::string expected = "writable without the lock";
  SECTION("somebody has begun a newer timeline") {
    view.newest_timeline = 3;
  }
  SECTION("the history tells of a newer one") {
    view.last_history_timeline = 1;
  }
  SECTION("its own is the newest") {
    view.newest_timeline = 1;
    expected = "found primary";
  }
  node.tell(view);
  const Step step = node.tell(node.server(ServerKind::primary));
  CHECK(name_of(step.row) == expected);
  CHECK((begins(step, ActionKind::stop_immediate) || begins(step, ActionKind::stop_fast)) ==
        (expected != "found primary"));
}

TEST_CASE("a bootstrap whose claim ran out claims again where nobody else has", "[decider]") {
  Node node;
  const std::uint64_t write = made_cluster(node);
  node.tell(WriteEnded{write, WriteEnded::Outcome::cannot_know, 0});
  node.pass(1s);
  StoreView bare = node.new_store(9);  // the lock has gone, too
  SECTION("nobody else has data") {
    const Step step = node.tell(bare);
    CHECK(orders<ClaimInitialize>(step).size() == 1);
    CHECK(step.wanted.is_closed);
  }
  SECTION("somebody has") {
    bare.members = {member("n2", true)};
    CHECK(begins(node.tell(bare), ActionKind::stop_immediate));
  }
}

TEST_CASE("a lock that moves to a shorter lease is believed no longer than that one lasts", "[decider]") {
  Node node;
  node.tell(node.server(ServerKind::primary));
  StoreView view = node.store(10, system_id);
  view.leader = Node::own_key(5);
  node.tell(view);
  node.tell(node.lock(LockReport::Operation::acquire, 5, 5));
  REQUIRE(node.holds_lock());

  ClusterSettings shorter;
  shorter.ttl = 20s;
  node.tell(shorter);
  LockReport moved = node.lock(LockReport::Operation::renew, 5, 11);
  SECTION("from the moment when the settings say so") {}
  SECTION("and by what its first renewal says") {
    moved.valid_until = node.now() + 15s;
    node.tell(moved);
    node.pass(16s);
    CHECK_FALSE(node.holds_lock());
  }
  node.pass(21s);
  CHECK_FALSE(node.holds_lock());
}

TEST_CASE("the guard does not fire for a lock that runs out over a server that was stopped in time",
          "[decider]") {
  Node node;
  node.tell(node.server(ServerKind::standby));
  StoreView view = node.store(10, system_id);
  view.leader = Node::own_key(5);
  node.tell(view);
  node.tell(node.lock(LockReport::Operation::acquire, 5, 5));
  GuardReport armed;
  armed.epoch = 5;
  armed.is_armed = true;
  CHECK(orders<DisarmGuard>(node.tell(armed)).empty());
  // etcd is silent.
  node.pass(27s);
  CHECK(orders<DisarmGuard>(node.tell(node.server(ServerKind::stopped))).size() == 1);
  // It answers again, and nobody took the lock.
  armed.is_armed = false;
  node.tell(armed);
  node.pass(10s);
  node.tell(node.lock(LockReport::Operation::renew, 5, 5));
  CHECK(node.holds_lock());
}

TEST_CASE("a renewal that etcd has overtaken proves nothing", "[decider]") {
  Node node;
  node.tell(node.server(ServerKind::stopped));
  node.tell(node.lock(LockReport::Operation::acquire, 7, 7));
  StoreView led = node.store(8, system_id);
  led.leader = Node::own_key(7);
  node.tell(led);
  REQUIRE(node.holds_lock());
  node.pass(1s);
  node.tell(node.store(12, system_id));  // the key is gone
  REQUIRE_FALSE(node.holds_lock());
  const Step step = node.tell(node.lock(LockReport::Operation::renew, 7, 11));
  CHECK_FALSE(node.holds_lock());
  CHECK(orders<ArmGuard>(step).empty());
  // A later one, of a lock that was taken since, does.
  node.tell(node.lock(LockReport::Operation::acquire, 13, 13));
  CHECK(node.holds_lock());
  node.tell(node.lock(LockReport::Operation::renew, 7, 11));
  CHECK(node.holds_lock());
}

TEST_CASE("a pause that came and went while this node was away counts, too", "[decider]") {
  Node node;
  StoreMemory memory;
  memory.store_id = 1;
  memory.revision = 50;
  memory.last_leader = "n2";
  memory.members = {member("n2", true)};
  node.tell(memory);
  node.tell(node.server(ServerKind::standby));
  StoreView view = node.store(90, system_id);  // the leader has gone
  view.config_revision = GENERATE(40, 60);
  REQUIRE(orders<AskPeer>(node.tell(view)).size() == 1);
  const TimePoint asked = node.now();
  node.pass(2s);
  view.as_of = node.now();
  node.tell(view);
  const Step step = node.tell(PeerAnswer{"n2", asked, std::nullopt});
  CHECK(name_of(step.row) == name_of(RowId::race));
  CHECK(step.wanted.receiver_off.has_value() == (view.config_revision == 40));  // it goes on with the race
}

TEST_CASE("another leader whose epoch has the same number is compared with anew", "[decider]") {
  Node node;
  StoreView view = node.store(20, system_id);
  view.members = {member("n2", true)};
  view.members[0].role = patroni::NodeRole::primary;
  view.members[0].is_running = true;
  view.leader = LeaderKeyView{"n2", 5, 11, 11};
  node.tell(view);
  ServerView server = node.server(ServerKind::standby);
  server.is_receiving = true;
  server.follows = "n2";
  CHECK(orders<BeginAction>(node.tell(server)).empty());
  server.is_receiving = false;
  node.tell(server);
  view.leader->lease = 6;  // etcd was wiped meanwhile, and has come to the same number
  view.revision = 21;
  CHECK(begins(node.tell(view), ActionKind::check_divergence));
}

TEST_CASE("a hung server that nobody has seen is ended where the lock is not this node's", "[decider]") {
  Node node;
  SECTION("it may be a primary") {
    CHECK(orders<BeginAction>(node.tell(node.server(ServerKind::hung)))
              .empty());  // etcd has not been heard yet
    node.tell(node.store(8, system_id));
    CHECK(begins(node.tell(node.server(ServerKind::hung)), ActionKind::stop_immediate));
  }
  SECTION("it was seen as a standby") {
    node.tell(node.server(ServerKind::standby));
    node.tell(node.server(ServerKind::hung));
    CHECK(orders<BeginAction>(node.tell(node.store(8, system_id))).empty());
  }
}

TEST_CASE("a node whose control file cannot be read says what can be done", "[decider]") {
  Node node;
  StoreView view = node.store(8, system_id);
  view.leader = LeaderKeyView{"n2", 78, 5, 5};
  view.members = {member("n2", true)};
  node.tell(view);
  const Step step = node.tell(node.server(ServerKind::stopped, DataState::broken));
  CHECK(name_of(step.row) == name_of(RowId::wait_for_data));
  CHECK(step.reason.find("control file") != std::string::npos);
}

TEST_CASE("in a race nobody who has answered is asked again while another takes its time", "[decider]") {
  Node node;
  node.tell(node.server(ServerKind::standby));
  StoreView view = node.store(8, system_id);
  view.members = {member("n2", true), member("n3", true)};
  REQUIRE(orders<AskPeer>(node.tell(view)).size() == 2);
  PeerStatus stopped;
  stopped.server = PeerStatus::Server::stopped;
  node.pass(1ms);
  CHECK(orders<AskPeer>(node.tell(PeerAnswer{"n2", node.now(), stopped})).empty());
  node.pass(1ms);
  const Step step = node.tell(PeerAnswer{"n3", node.now(), std::nullopt});
  CHECK(step.wanted.receiver_off.has_value());  // all have answered: the race goes on at once
}

}  // namespace tamada::ha
