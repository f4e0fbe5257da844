// What the decider makes of single events where the order of two of them, or what was seen before, decides.
#include "agent/ha/decider.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace tamada::ha {
namespace {

constexpr const char* system_id = "7100000000000000001";

// The node n1, whose events come one second after the other.
class Node {
 public:
  Node() {
    settings_.name = "n1";
    decider_.emplace(settings_, ClusterSettings{}, now_);
  }

  Step tell(HaEvent event) {
    step_ = decider_->apply(event, now_);
    return step_;
  }
  void pass(Duration time) { now_ += time; }
  [[nodiscard]] TimePoint now() const { return now_; }
  [[nodiscard]] bool holds_lock() const { return decider_->state(now_).holds_lock; }
  [[nodiscard]] bool stays_out_of_sync() const { return decider_->state(now_).stays_out_of_sync; }
  // The state after the settings have been told once more, which changes nothing.
  [[nodiscard]] RowId row() { return tell(settings_).row; }
  [[nodiscard]] const std::string& reason() const { return step_.reason; }

  // What etcd shows at this revision: no leader, no members but these.
  StoreView store(std::int64_t revision, const std::string& initialize = {}, bool has_initialize = true) {
    StoreView view;
    view.as_of = now_;
    view.store_id = 1;
    view.revision = revision;
    view.has_initialize = has_initialize;
    view.initialize = initialize;
    return view;
  }
  StoreView new_store(std::int64_t revision) { return store(revision, {}, false); }
  ServerView server(ServerKind kind, DataState data = DataState::present) {
    ServerView view;
    view.as_of = now_;
    view.data = data;
    view.kind = kind;
    if (data == DataState::present) view.system_id = system_id;
    view.timeline = data == DataState::present ? 1 : 0;
    view.postmaster = kind == ServerKind::stopped ? 0 : 1;
    if (kind == ServerKind::standby) view.received = 100;
    if (kind == ServerKind::primary) view.written = 100;
    return view;
  }
  LockReport lock(LockReport::Operation operation, std::int64_t epoch, std::int64_t revision) {
    LockReport report;
    report.operation = operation;
    report.outcome = LockReport::Outcome::held;
    report.epoch = epoch;
    report.lease = 77;
    report.valid_until = now_ + 30s;
    report.revision = revision;
    return report;
  }
  static LeaderKeyView own_key(std::int64_t epoch) { return {"n1", 77, epoch, epoch}; }

 private:
  NodeSettings settings_;
  TimePoint now_{1000s};
  std::optional<Decider> decider_;
  Step step_;
};

template <class Kind>
std::vector<Kind> orders(const Step& step) {
  std::vector<Kind> found;
  for (const Order& order : step.orders) {
    if (const auto* one = std::get_if<Kind>(&order)) found.push_back(*one);
  }
  return found;
}

// What two steps, one after the other, have ordered.
Step both(const Step& first, Step second) {
  second.orders.insert(second.orders.begin(), first.orders.begin(), first.orders.end());
  return second;
}

bool begins(const Step& step, ActionKind kind) {
  const auto begun = orders<BeginAction>(step);
  return std::any_of(begun.begin(), begun.end(),
                     [kind](const BeginAction& one) { return one.action.kind == kind; });
}

MemberView member(const std::string& name, bool has_data) {
  MemberView view;
  view.name = name;
  view.api_url = "http://" + name + ":8008/patroni";
  view.has_data = has_data;
  return view;
}

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

namespace {

// A node that is down and has what its leader n2 has not.
struct Diverged : Node {
  Diverged() {
    MemberView leader = member("n2", true);
    leader.is_running = true;
    leader.role = patroni::NodeRole::primary;
    view = store(8, system_id);
    view.members = {leader};
    view.leader = LeaderKeyView{"n2", 78, 5, 5};
    tell(server(ServerKind::stopped));
    const auto begun = orders<BeginAction>(tell(view));
    REQUIRE(begun.size() == 1);
    REQUIRE(begun[0].action.kind == ActionKind::check_divergence);
    (void)end_check(begun[0].action.id);
  }
  Step end_check(std::uint64_t id) {
    tell(ActionEnded{id, {ActionResult::Outcome::done, Divergence::diverged, {}}});
    return look();
  }
  Step look(Duration after = 1s) {
    pass(after);
    view.as_of = now();
    const Step seen = tell(view);
    return both(seen, tell(server(ServerKind::stopped)));
  }
  std::uint64_t begun(const Step& step, ActionKind kind) {
    const auto all = orders<BeginAction>(step);
    REQUIRE(all.size() == 1);
    REQUIRE(name_of(all[0].action.kind) == name_of(kind));
    return all[0].action.id;
  }
  Step end_rewind(std::uint64_t id, ActionResult::Outcome outcome) {
    tell(ActionEnded{id, {outcome, Divergence::cannot_know, {}}});
    return look(11s);
  }
  StoreView view;
};

}  // namespace

TEST_CASE_METHOD(Diverged, "a node that is stuck looks anew when the settings allow what would mend it",
                 "[decider]") {
  CHECK(name_of(row()) == name_of(RowId::rejoin_stuck));
  ClusterSettings mends;
  mends.loop_wait = 5s;
  CHECK(orders<BeginAction>(tell(mends)).empty());
  const auto kind = GENERATE(ActionKind::rewind, ActionKind::clone);
  (kind == ActionKind::rewind ? mends.use_pg_rewind : mends.remove_data_on_diverged_timelines) = true;
  const std::uint64_t check = begun(tell(mends), ActionKind::check_divergence);
  (void)begun(end_check(check), kind);
}

TEST_CASE_METHOD(Diverged, "a rewind that was called off has not failed", "[decider]") {
  ClusterSettings mends;
  mends.use_pg_rewind = true;
  Step step = end_check(begun(tell(mends), ActionKind::check_divergence));
  const auto outcome = GENERATE(ActionResult::Outcome::cancelled, ActionResult::Outcome::failed);
  for (int turn = 0; turn < 3; ++turn) step = end_rewind(begun(step, ActionKind::rewind), outcome);
  const bool has_failed = outcome == ActionResult::Outcome::failed;
  CHECK(name_of(step.row) == name_of(has_failed ? RowId::rejoin_stuck : RowId::rewind));
  if (!has_failed) return;
  // Another leader is another try.
  ++view.revision;
  view.leader = LeaderKeyView{"n2", 80, 9, 9};
  step = end_check(begun(look(), ActionKind::check_divergence));
  step = end_rewind(begun(step, ActionKind::rewind), outcome);
  CHECK(name_of(step.row) == name_of(RowId::rewind));
}

}  // namespace tamada::ha
