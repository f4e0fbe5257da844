// A leader and its lock: how long it is believed, when it is renewed, armed, given up.
#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/unit/agent/ha/lock_holder.h"

namespace tamada::ha {
namespace {

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

TEST_CASE_METHOD(Leading, "a leader in strict mode says once that its commits wait", "[leader]") {
  ClusterSettings cluster;
  cluster.synchronous_mode = true;
  cluster.synchronous_mode_strict = GENERATE(false, true);
  const auto written = orders<WriteSync>(tell(cluster));
  REQUIRE(written.size() == 1);
  pass(1s);
  tell(WriteEnded{written[0].id, WriteEnded::Outcome::done, 9});
  view.revision = 9;
  view.sync.mod_revision = 9;
  view.sync.leader = "n1";
  const auto told = [this](const ServerView& seen) {
    pass(1s);
    view.as_of = now();
    const Step first = tell(view);
    const std::size_t before = facts(first, HaFactKind::commits_wait).size();
    ServerView later = seen;
    later.as_of = now();
    return before + facts(tell(later), HaFactKind::commits_wait).size();
  };
  std::size_t count = 0;
  for (int i = 0; i < 5; ++i) count += told(server(ServerKind::primary));
  CHECK(count == (cluster.synchronous_mode_strict ? 1 : 0));
  ServerView streams = server(ServerKind::primary);
  streams.senders = {{"n2", true, false, 100}};
  CHECK(told(streams) == 0);
  CHECK(told(server(ServerKind::primary)) == (cluster.synchronous_mode_strict ? 1 : 0));
}

TEST_CASE_METHOD(Leading, "a leader that starts for longer than primary_start_timeout gives up", "[leader]") {
  ClusterSettings cluster;
  Duration limit = 20s;
  bool gives_up = true;
  SECTION("as it is set") {
    cluster.primary_start_timeout = limit;
  }
  SECTION("soon where it is 0, which asks for a fail-over instead of a wait") {
    cluster.primary_start_timeout = 0s;
    limit = 10s;
  }
  SECTION("but not where it is 0 and nobody could take over") {
    cluster.primary_start_timeout = 0s;
    view.members = {running("n1")};
    gives_up = false;
  }
  tell(cluster);
  look(ServerKind::starting);
  pass(limit - 1us);
  renew();
  CHECK(name_of(look(ServerKind::starting).row) == name_of(RowId::starting));
  pass(1us);
  CHECK(name_of(tell(view).row) == name_of(gives_up ? RowId::ill_leads : RowId::starting));
}

TEST_CASE_METHOD(Leading, "an agent that is to end waits for etcd no longer than its lock lasts",
                 "[leader]") {
  renew_until(now() + 20s);
  tell(server(ServerKind::starting));
  const auto stops = orders<BeginAction>(tell(LeaveRequest{}));
  REQUIRE(stops.size() == 1);
  REQUIRE(name_of(stops[0].action.kind) == name_of(ActionKind::stop_fast));
  tell(ActionEnded{stops[0].action.id, {ActionResult::Outcome::done, Divergence::cannot_know, {}}});
  std::size_t told = 0;
  int ended_at = 0;
  for (int second = 1; second <= 40 && ended_at == 0; ++second) {
    pass(1s);
    // etcd is silent: no view of it comes any more, and no release is answered.
    Step step = tell(server(ServerKind::stopped));
    told += facts(step, HaFactKind::lock_given_up).size();
    if (!orders<ReleaseLock>(step).empty()) {
      LockReport unanswered = lock(LockReport::Operation::release, 7, view.revision);
      unanswered.outcome = LockReport::Outcome::cannot_know;
      step = both(step, tell(unanswered));
    }
    if (!orders<Leave>(step).empty()) ended_at = second;
  }
  CHECK(told == 1);
  CHECK(ended_at > 10);
  CHECK(ended_at <= 21);
}

}  // namespace tamada::ha
