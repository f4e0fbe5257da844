// What a view of etcd counts that comes late, that tells of less than an earlier one, or of another store; and what a leader
// that went away leaves behind.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "tests/unit/agent/ha/decider_facts.h"
#include "tests/unit/agent/ha/lock_holder.h"

namespace tamada::ha {
namespace {

// n1 as a standby, beside n2 and n3.
struct Standby : Node {
  Standby() {
    tell(server(ServerKind::standby));
    view = store(60, system_id);
    view.members = {member("n2", true), member("n3", true)};
  }
  Step see() {
    view.as_of = now();
    const Step seen = tell(view);
    return both(seen, tell(server(ServerKind::standby)));
  }
  Step see_later() {
    pass(1s);
    return see();
  }
  static bool asks(const Step& step) { return !orders<AskPeer>(step).empty(); }
  // It races when the time has come, and not a moment before.
  void races_after(Duration time) {
    for (Duration left = time; left > 1s; left -= 1s) CHECK_FALSE(asks(see_later()));
    pass(1s - 1us);
    CHECK_FALSE(asks(see()));
    pass(1us);
    CHECK(asks(see()));
  }
  // The race begins, n3 answers as a standby, and n2 not at all: whether it goes on without n2.
  bool goes_on_without_n2() {
    const TimePoint asked = now();
    see();
    PeerStatus standby;
    standby.server = PeerStatus::Server::standby;
    standby.position = 50;
    const bool is_at_once = tell(PeerAnswer{"n3", asked, standby}).wanted.receiver_off.has_value();
    pass(2s);
    return is_at_once || see().wanted.receiver_off.has_value();
  }
  StoreView view;
};

}  // namespace

TEST_CASE_METHOD(Standby, "an agent that comes back waits a ttl where etcd may have forgotten a lock",
                 "[store]") {
  StoreMemory memory;
  memory.store_id = 1;
  memory.revision = 60;
  bool waits = true;
  SECTION("nothing is missing") {
    waits = false;
  }
  SECTION("a revision is missing") {
    view.revision = 59;
  }
  SECTION("it is another store, which has more revisions") {
    view.store_id = 2;
    view.revision = 61;
  }
  SECTION("nothing is remembered") {
    memory = {};
    waits = false;
  }
  tell(memory);
  CHECK(asks(see()) != waits);
  if (waits) races_after(30s);
}

TEST_CASE_METHOD(Standby, "a replica waits a ttl when etcd has gone back", "[store]") {
  view.leader = LeaderKeyView{"n2", 78, 5, 5};
  see();
  pass(1s);
  view.leader.reset();
  SECTION("to an older revision") {
    view.revision = 59;
  }
  SECTION("to nothing: it is another one, which tells nothing of a pause in the first one") {
    view.store_id = 2;
    view.revision = 90;
    view.config_revision = 70;
  }
  CHECK_FALSE(asks(see()));
  races_after(30s);
  pass(2s);
  CHECK(see().wanted.receiver_off.has_value());
}

TEST_CASE("a view that was long on its way takes no lock away, one that etcd gave later does", "[store]") {
  Holder node(ServerKind::primary);
  node.tell(node.view);
  StoreView without = node.view;
  without.leader.reset();
  bool holds = true;
  SECTION("older, of an earlier revision") {
    without.revision = 7;
    without.as_of -= 1us;
  }
  SECTION("of an earlier revision at the same time") {
    without.revision = 7;
  }
  SECTION("later, of an earlier revision: etcd was restored") {
    without.revision = 6;
    without.as_of += 1us;
    holds = false;
  }
  SECTION("older, of a later revision") {
    without.revision = 9;
    without.as_of -= 1us;
  }
  SECTION("of a later revision at the same time") {
    without.revision = 9;
    holds = false;
  }
  SECTION("older, of another store") {
    without.store_id = 2;
    without.revision = 9;
    without.as_of -= 1us;
  }
  SECTION("later, of another store") {
    without.store_id = 2;
    without.as_of += 1us;
    holds = false;
  }
  const Step step = node.tell(without);
  CHECK(node.holds_lock() == holds);
  CHECK(told(step, HaFactKind::lock_lost).size() == (holds ? 0 : 1));
}

TEST_CASE_METHOD(Standby, "an older view of the same revision makes nothing older", "[store]") {
  see();
  StoreView late = view;
  late.as_of -= 9s;
  tell(late);
  pass(2s);
  CHECK(name_of(tell(server(ServerKind::standby)).row) == name_of(RowId::race));
}

TEST_CASE_METHOD(Standby, "a lock that is not held is not lost once more", "[store]") {
  tell(lock(LockReport::Operation::acquire, 7, 60));
  pass(1s);
  view.revision = 61;
  view.as_of = now();
  CHECK(told(tell(view), HaFactKind::lock_lost).size() == 1);
  pass(1s);
  view.revision = 62;
  view.as_of = now();
  CHECK(told(tell(view), HaFactKind::lock_lost).empty());
  pass(1s);
  view.revision = 5;
  view.as_of = now();
  CHECK(told(tell(view), HaFactKind::lock_lost).empty());
}

TEST_CASE("a lock is held as long as etcd shows its key with its lease", "[store]") {
  Holder node(ServerKind::primary);
  bool holds = false;
  SECTION("it does") {
    holds = true;
  }
  SECTION("the key was made anew with the same lease") {
    node.view.leader->create_revision = 8;
  }
  SECTION("the key has another lease") {
    node.view.leader->lease = 78;
  }
  SECTION("there is no key") {
    node.view.leader.reset();
  }
  SECTION("there is none at the revision of the proof") {
    node.view.revision = 7;
    node.view.leader.reset();
  }
  SECTION("there was none before the lock was taken") {
    node.view.revision = 6;
    node.view.leader.reset();
    holds = true;
  }
  node.tell(node.view);
  CHECK(node.holds_lock() == holds);
}

TEST_CASE("a lock's proof is believed unless a later view shows otherwise", "[store]") {
  Node node;
  node.tell(node.server(ServerKind::standby));
  node.tell(node.store(8, system_id));
  const std::int64_t revision = GENERATE(7, 8, 9);
  const Step step = node.tell(node.lock(LockReport::Operation::acquire, 7, revision));
  CHECK(node.holds_lock() == (revision >= 8));
  CHECK(told(step, HaFactKind::lock_lost).size() == (revision >= 8 ? 0 : 1));
}

TEST_CASE_METHOD(Standby, "a receiver that was stopped for a vacancy starts again under another leader only",
                 "[store]") {
  view.members.clear();
  REQUIRE(see().wanted.receiver_off.has_value());
  ++view.revision;
  const std::string leader = GENERATE("n1", "n2");
  view.leader = LeaderKeyView{leader, 77, 61, 61};
  CHECK(see().wanted.receiver_off.has_value() == (leader == "n1"));
}

TEST_CASE_METHOD(Standby, "settings that this node has followed tell of no pause when the leader goes",
                 "[store]") {
  StoreMemory memory;
  memory.store_id = 1;
  memory.revision = 50;
  memory.last_leader = "n2";
  memory.members = {member("n2", true)};
  tell(memory);
  bool goes_on = true;
  SECTION("they were there when it ended") {
    view.config_revision = 50;
  }
  SECTION("they have changed while it was away") {
    view.config_revision = 51;
    goes_on = false;
  }
  SECTION("it has seen them since it came back") {
    view.config_revision = 51;
    view.leader = LeaderKeyView{"n2", 78, 5, 5};
    see_later();
    ++view.revision;
    view.leader.reset();
  }
  CHECK(goes_on_without_n2() == goes_on);
}

TEST_CASE_METHOD(Standby, "only a leader that had not heard of a pause's end may write without a guard",
                 "[store]") {
  bool goes_on = true;
  view.leader = LeaderKeyView{"n2", 78, 5, 5};
  SECTION("everybody has heard of it") {}
  SECTION("a replica has not") {
    view.members[1].is_paused = true;
  }
  SECTION("the leader has not") {
    view.members[0].is_paused = true;
    goes_on = false;
  }
  SECTION("somebody has not, and nobody knows who led") {
    view.leader.reset();
    StoreMemory memory;
    memory.store_id = 1;
    memory.revision = 60;
    memory.members = {member("n3", true)};
    memory.members[0].is_paused = true;
    tell(memory);
    goes_on = false;
  }
  if (view.leader) see();
  if (view.leader) {
    ++view.revision;
    view.leader.reset();
  }
  CHECK(goes_on_without_n2() == goes_on);
}

TEST_CASE_METHOD(Standby, "nobody waits for a leader whose agent was ended in a pause, and it is told",
                 "[store]") {
  ClusterSettings paused;
  paused.pause = true;
  tell(paused);
  const bool has_left = GENERATE(true, false);
  view.leader = LeaderKeyView{"n2", 78, 5, 5};
  view.members[0].has_left = has_left;
  see();
  ++view.revision;
  view.leader.reset();
  pass(1s);
  view.as_of = now();
  const auto warned = told(tell(view), HaFactKind::race_begun);
  CHECK(warned.size() == (has_left ? 1 : 0));
  if (has_left) CHECK(warned[0].is_warning);
  tell(ClusterSettings{});
  pass(1s);
  CHECK(goes_on_without_n2() == has_left);
}

}  // namespace tamada::ha
