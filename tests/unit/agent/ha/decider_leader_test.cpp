// A leader and its lock: how long it is believed, when it is renewed, armed, given up; and what has to be so before a promotion.
#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/unit/agent/ha/decider_node.h"

namespace tamada::ha {
namespace {

MemberView running(const std::string& name) {
  MemberView view = member(name, true);
  view.is_running = true;
  return view;
}

// n1 holds the lock since revision 7, with n2 beside it.
struct Holder : Node {
  explicit Holder(ServerKind kind) {
    tell(lock(LockReport::Operation::acquire, 7, 7));
    tell(server(kind));
    view = store(8, system_id);
    view.leader = own_key(7);
    view.members = {running("n1"), running("n2")};
  }
  // A later look at etcd and at the server.
  Step look(ServerKind kind) { return look(server(kind)); }
  Step look(ServerView seen) {
    view.as_of = now();
    const Step first = tell(view);
    seen.as_of = now();
    return both(first, tell(seen));
  }
  Step renew() { return tell(lock(LockReport::Operation::renew, 7, view.revision)); }
  Step renew_until(TimePoint until) {
    LockReport report = lock(LockReport::Operation::renew, 7, view.revision);
    report.valid_until = until;
    return tell(report);
  }
  StoreView view;
};

struct Leading : Holder {
  Leading() : Holder(ServerKind::primary) {
    tell(view);
    CHECK(name_of(tell(GuardReport{7, true, false}).row) == name_of(RowId::lead));
  }
  // Its server ends by itself, is started again and runs.
  Step crash() {
    renew();
    ServerView down = server(ServerKind::stopped);
    down.control = ControlState::in_production;
    return look(down);
  }
  void come_back(const Step& crashed) {
    const auto begun = orders<BeginAction>(crashed);
    REQUIRE(begun.size() == 1);
    REQUIRE(name_of(begun[0].action.kind) == name_of(ActionKind::start_primary));
    pass(1s);
    tell(ActionEnded{begun[0].action.id, {ActionResult::Outcome::done, Divergence::cannot_know, {}}});
    pass(1s);
    look(ServerKind::primary);
  }
};

struct Promoting : Holder {
  Promoting() : Holder(ServerKind::standby) {}
  Step see() {
    tell(GuardReport{7, true, false});
    return look(ServerKind::standby);
  }
};

std::vector<HaFact> facts(const Step& step, HaFactKind kind) {
  std::vector<HaFact> found;
  std::copy_if(step.facts.begin(), step.facts.end(), std::back_inserter(found),
               [kind](const HaFact& one) { return one.kind == kind; });
  return found;
}

}  // namespace

TEST_CASE_METHOD(Leading, "a leader stops 5 s before the end of a lock that is not renewed", "[leader]") {
  const TimePoint began = now();
  renew_until(began + 8s);
  pass(1s);
  const Step renewing = look(ServerKind::primary);
  CHECK(orders<RenewLock>(renewing).size() == 1);
  CHECK(renewing.next_tick == began + 3s);
  pass(2s - 1us);
  CHECK(name_of(look(ServerKind::primary).row) == name_of(RowId::lead));
  pass(1us);
  CHECK(name_of(look(ServerKind::primary).row) == name_of(RowId::lock_runs_out));
  pass(5s - 1us);
  CHECK(holds_lock());
  pass(1us);
  CHECK_FALSE(holds_lock());
}

TEST_CASE("a node looks again after loop_wait, and after ten seconds at the latest", "[leader]") {
  Node node;
  ClusterSettings cluster;
  cluster.loop_wait = GENERATE(4s, 10s, 60s);
  CHECK(node.tell(cluster).next_tick == node.now() + std::min<Duration>(cluster.loop_wait, 10s));
}

TEST_CASE_METHOD(Leading, "a row is told once, with its reason", "[leader]") {
  CHECK(facts(look(ServerKind::primary), HaFactKind::row_changed).empty());
  const auto stopping = facts(look(ServerKind::stopping), HaFactKind::row_changed);
  REQUIRE(stopping.size() == 1);
  CHECK(stopping[0].words == "stopping");
  const auto leads = facts(look(ServerKind::primary), HaFactKind::row_changed);
  REQUIRE(leads.size() == 1);
  CHECK(leads[0].words == "lead: no action. I am (n1), the leader with the lock");
}

TEST_CASE_METHOD(Leading, "after an unexpected error the lock is not renewed for loop_wait", "[leader]") {
  pass(1s);
  CHECK(name_of(tell(UnexpectedError{"x"}).row) == name_of(RowId::lead));
  pass(10s - 1us);
  CHECK(orders<RenewLock>(look(ServerKind::primary)).empty());
  pass(1us);
  CHECK(orders<RenewLock>(look(ServerKind::primary)).size() == 1);
}

TEST_CASE_METHOD(Leading, "after three errors in a row it ends its server, and only then releases the lock",
                 "[leader]") {
  tell(UnexpectedError{"x"});
  CHECK(name_of(tell(UnexpectedError{"x"}).row) == name_of(RowId::lead));
  const auto begun = orders<BeginAction>(tell(UnexpectedError{"x"}));
  REQUIRE(begun.size() == 1);
  CHECK(begun[0].action.kind == ActionKind::stop_immediate);
  pass(1s);
  CHECK(orders<ReleaseLock>(look(ServerKind::primary)).empty());
  tell(ActionEnded{begun[0].action.id, {ActionResult::Outcome::done, Divergence::cannot_know, {}}});
  CHECK(orders<ReleaseLock>(tell(view)).empty());  // it has not been looked at
  pass(1s);
  ServerView down = server(ServerKind::stopped);
  down.checkpoint = 55;
  const Step step = look(down);
  const auto released = orders<ReleaseLock>(step);
  REQUIRE(released.size() == 1);
  CHECK(released[0].final_position == 55);
  REQUIRE(facts(step, HaFactKind::lock_given_up).size() == 1);
  CHECK(facts(step, HaFactKind::lock_given_up)[0].words == "giving the lock up");
  pass(1s);
  CHECK(orders<ReleaseLock>(look(down)).empty());  // on its way
}

TEST_CASE_METHOD(Leading, "in a pause the guard goes off when the member key shows the pause", "[leader]") {
  ClusterSettings paused;
  paused.pause = true;
  pass(1s);
  CHECK(orders<DisarmGuard>(tell(paused)).empty());
  CHECK(orders<DisarmGuard>(look(ServerKind::primary)).empty());
  view.members[0].is_paused = true;
  CHECK(orders<DisarmGuard>(look(ServerKind::primary)).size() == 1);
  pass(500ms - 1us);
  CHECK(orders<DisarmGuard>(look(ServerKind::primary)).empty());
  pass(1us);
  CHECK(orders<DisarmGuard>(tell(view)).size() == 1);
}

TEST_CASE_METHOD(Leading, "a guard that is not armed for this lock is armed, again and again", "[leader]") {
  const auto report = GENERATE(GuardReport{7, false, false}, GuardReport{6, true, false});
  pass(1s);
  CHECK(orders<ArmGuard>(tell(report)).size() == 1);
  pass(500ms - 1us);
  CHECK(orders<ArmGuard>(tell(view)).empty());
  pass(1us);
  CHECK(orders<ArmGuard>(tell(view)).size() == 1);
}

TEST_CASE("the lock is asked for once, and after a no again a second after", "[leader]") {
  Node node;
  ClusterSettings paused;
  paused.pause = true;
  node.tell(paused);
  node.tell(node.store(8, system_id));
  CHECK(orders<AcquireLock>(node.tell(node.server(ServerKind::primary))).size() == 1);
  CHECK(orders<AcquireLock>(node.tell(node.server(ServerKind::primary))).empty());
  LockReport no = node.lock(LockReport::Operation::acquire, 0, 8);
  no.outcome = LockReport::Outcome::not_held;
  CHECK(orders<AcquireLock>(node.tell(no)).empty());
  node.pass(1s - 1us);
  node.tell(node.store(8, system_id));
  CHECK(orders<AcquireLock>(node.tell(node.server(ServerKind::primary))).empty());
  node.pass(1us);
  CHECK(orders<AcquireLock>(node.tell(node.server(ServerKind::primary))).size() == 1);
}

TEST_CASE_METHOD(Promoting, "the number of a timeline is taken in etcd before the promotion", "[leader]") {
  std::uint32_t expected = 2;
  SECTION("nothing newer is known") {}
  SECTION("by the history") {
    view.last_history_timeline = 4;
    expected = 6;
  }
  SECTION("by a member") {
    view.members[1].timeline = 9;
    expected = 10;
  }
  SECTION("by what was taken under another lock") {
    view.newest_timeline = 5;
    view.timeline_revision = 6;
    expected = 6;
  }
  SECTION("by a key that is not newer than the server") {
    view.newest_timeline = 1;
    view.timeline_revision = 8;
  }
  const Step step = see();
  CHECK_FALSE(begins(step, ActionKind::promote));
  const auto writes = orders<WriteTimeline>(step);
  REQUIRE(writes.size() == 1);
  CHECK(writes[0].timeline == expected);
  CHECK(writes[0].expected == view.timeline_revision);
  CHECK(orders<WriteTimeline>(see()).empty());  // it is on its way

  pass(1s);
  view.newest_timeline = expected;
  view.timeline_revision = view.revision = 9;
  tell(WriteEnded{writes[0].id, WriteEnded::Outcome::done, 9});
  const auto begun = orders<BeginAction>(see());
  REQUIRE(begun.size() == 1);
  CHECK(begun[0].action.kind == ActionKind::promote);
  CHECK(begun[0].action.timeline == expected);
}

TEST_CASE_METHOD(Promoting, "a number that was taken with the lock or later is promoted to", "[leader]") {
  view.newest_timeline = 2;
  view.timeline_revision = 7;
  CHECK(begins(see(), ActionKind::promote));
}

TEST_CASE_METHOD(Promoting, "nothing is promoted of which something is not known", "[leader]") {
  view.newest_timeline = 2;
  view.timeline_revision = 8;
  ServerView standby = server(ServerKind::standby);
  SECTION("the server's system") {
    standby.system_id.clear();
  }
  SECTION("its timeline") {
    standby.timeline = 0;
  }
  SECTION("the guard") {
    CHECK(orders<ArmGuard>(look(standby)).size() == 1);
    return;
  }
  SECTION("what etcd says now") {
    tell(GuardReport{7, true, false});
    ClusterSettings quick;
    quick.retry_timeout = 3s;
    tell(quick);
    tell(server(ServerKind::starting));
    tell(view);
    pass(3s + 1us);
    const Step step = tell(server(ServerKind::standby));
    CHECK_FALSE(begins(step, ActionKind::promote));
    view.as_of = now() - 3s;
    CHECK(begins(tell(view), ActionKind::promote));
    return;
  }
  tell(standby);
  tell(GuardReport{7, true, false});
  CHECK_FALSE(begins(tell(view), ActionKind::promote));
}

TEST_CASE_METHOD(Promoting, "/sync names this node alone before the promotion in synchronous mode",
                 "[leader]") {
  ClusterSettings cluster;
  cluster.synchronous_mode = true;
  tell(cluster);
  view.newest_timeline = 2;
  view.timeline_revision = 8;
  view.sync.mod_revision = 3;
  view.sync.leader = "n2";
  view.sync.standbys = {"n1"};
  Step step = see();
  CHECK_FALSE(begins(step, ActionKind::promote));
  const auto writes = orders<WriteSync>(step);
  REQUIRE(writes.size() == 1);
  CHECK(writes[0].leader == "n1");
  CHECK(writes[0].standbys.empty());
  CHECK(writes[0].expected == 3);
  step = see();
  CHECK(orders<WriteSync>(step).empty());
  CHECK_FALSE(begins(step, ActionKind::promote));
  pass(1s);
  tell(WriteEnded{writes[0].id, WriteEnded::Outcome::done, 9});
  view.revision = view.sync.mod_revision = 9;
  view.sync.leader = "n1";
  view.sync.standbys.clear();
  CHECK(begins(see(), ActionKind::promote));
}

TEST_CASE_METHOD(Leading, "the fourth crash in ten minutes hands over, where somebody could take over",
                 "[leader]") {
  RowId expected = RowId::crashed_often;
  Duration between = 199s;  // the first is just not older than ten minutes at the fourth
  SECTION("somebody could") {}
  SECTION("nobody runs") {
    view.members[1].is_running = false;
    expected = RowId::start_in_place;
  }
  SECTION("nobody may") {
    view.members[1].tags.nofailover = true;
    expected = RowId::start_in_place;
  }
  SECTION("the first was longer ago") {
    between = 203s;
    expected = RowId::start_in_place;
  }
  for (int time = 0; time < 3; ++time) {
    const Step step = crash();
    CHECK(name_of(step.row) == name_of(RowId::start_in_place));
    come_back(step);
    pass(between - 2s);
    renew();
    look(ServerKind::primary);
  }
  CHECK(name_of(crash().row) == name_of(expected));
}

TEST_CASE_METHOD(Leading, "with primary_start_timeout 0 a crash hands over, an orderly end does not",
                 "[leader]") {
  ClusterSettings cluster;
  cluster.primary_start_timeout = 0s;
  tell(cluster);
  ServerView down = server(ServerKind::stopped);
  down.control = ControlState::in_production;
  RowId expected = RowId::crash_hands_over;
  SECTION("somebody could take over") {}
  SECTION("nobody has everything") {
    view.sync.mod_revision = 3;
    view.sync.leader = "n1";
    expected = RowId::start_in_place;
  }
  SECTION("the synchronous standby could") {
    view.sync.mod_revision = 3;
    view.sync.leader = "n1";
    view.sync.standbys = {"n2"};
  }
  SECTION("nobody could") {
    view.members[1].is_running = false;
    expected = RowId::start_in_place;
  }
  SECTION("in good order") {
    down.control = ControlState::shut_down;
    expected = RowId::start_in_place;
  }
  SECTION("as a standby") {
    down.control = ControlState::in_archive_recovery;
    down.has_standby_signal = true;
    expected = RowId::start_read_only;
  }
  CHECK(name_of(look(down).row) == name_of(expected));
}

TEST_CASE_METHOD(Leading, "a leader that is ill for ten seconds gives up", "[leader]") {
  ServerView ill = server(ServerKind::primary);
  RowId before = RowId::lead;
  SECTION("its disk is stalled") {
    ill.is_stalled = true;
  }
  SECTION("it is hung") {
    ill = server(ServerKind::hung);
    before = RowId::starting;
  }
  SECTION("it cannot be looked at") {
    ill = server(ServerKind::unknown);
    before = RowId::server_unknown;
  }
  look(ill);
  pass(10s - 1us);
  renew();
  CHECK(name_of(look(ill).row) == name_of(before));
  pass(1us);
  CHECK(name_of(tell(view).row) == name_of(RowId::ill_leads));
}

TEST_CASE_METHOD(Leading, "a leader that starts for longer than primary_start_timeout gives up", "[leader]") {
  ClusterSettings cluster;
  cluster.primary_start_timeout = GENERATE(0s, 20s);
  tell(cluster);
  look(ServerKind::starting);
  pass(20s - 1us);
  renew();
  CHECK(name_of(look(ServerKind::starting).row) == name_of(RowId::starting));
  pass(1us);
  const bool gives_up = cluster.primary_start_timeout != Duration(0);
  CHECK(name_of(tell(view).row) == name_of(gives_up ? RowId::ill_leads : RowId::starting));
}

TEST_CASE("a copy is called off when its leader does not lead any more", "[leader]") {
  Node node;
  StoreView view = node.store(8, system_id);
  view.leader = LeaderKeyView{"n2", 78, 5, 5};
  view.members = {running("n2"), running("n3")};
  view.members[0].role = patroni::NodeRole::primary;
  node.tell(view);
  REQUIRE(begins(node.tell(node.server(ServerKind::stopped, DataState::absent)), ActionKind::clone));
  node.pass(1s);
  view.as_of = node.now();
  ++view.revision;
  bool is_off = true;
  SECTION("nobody leads") {
    view.leader.reset();
  }
  SECTION("somebody else leads") {
    view.leader = LeaderKeyView{"n3", 79, 9, 9};
  }
  SECTION("it leads again") {
    view.leader = LeaderKeyView{"n2", 79, 9, 9};
    is_off = false;
  }
  SECTION("etcd is silent") {
    node.pass(60s);
    is_off = false;
  }
  CHECK(orders<CancelAction>(node.tell(view)).empty() != is_off);
}

TEST_CASE("a replica follows whom its tags name while that one runs, else the leader", "[leader]") {
  Node node;
  NodeSettings settings;
  settings.name = "n1";
  settings.tags.replicatefrom = "n3";
  StoreView view = node.store(8, system_id);
  view.leader = LeaderKeyView{"n2", 78, 5, 5};
  view.members = {running("n1"), running("n2"), running("n3")};
  std::string expected = "n2";
  SECTION("it runs") {
    expected = "n3";
  }
  SECTION("it does not run") {
    view.members[2].is_running = false;
  }
  SECTION("it is gone") {
    view.members.pop_back();
  }
  SECTION("it is this node") {
    settings.tags.replicatefrom = "n1";
  }
  SECTION("nobody is named") {
    settings.tags.replicatefrom.clear();
  }
  SECTION("no stream is wanted") {
    settings.tags.nostream = true;
    expected.clear();
  }
  SECTION("the leader is a stranger of this node's name") {
    view.members[2].is_running = false;
    view.leader->name = "n1";
    expected.clear();
  }
  node.tell(view);
  node.tell(node.server(ServerKind::standby));
  CHECK(node.tell(settings).wanted.follow == expected);
}

}  // namespace tamada::ha
