// What a look at the server changes: since when it is what it is, whether it may write, what counts as a crash.
#include <catch2/catch.hpp>

#include "tests/unit/agent/ha/decider_facts.h"
#include "tests/unit/agent/ha/lock_holder.h"

namespace tamada::ha {
namespace {

ActionResult done() {
  return {ActionResult::Outcome::done, Divergence::none, {}};
}

std::uint64_t begun(const Step& step, ActionKind kind) {
  const auto all = orders<BeginAction>(step);
  REQUIRE(all.size() == 1);
  REQUIRE(name_of(all[0].action.kind) == name_of(kind));
  return all[0].action.id;
}

struct Leading : Holder {
  Leading() : Holder(ServerKind::primary) {
    tell(view);
    tell(GuardReport{7, true, false});
  }
  // It looks the same, second by second, with a lock that is renewed.
  Step stay(const ServerView& seen, int seconds) {
    Step step;
    for (int second = 0; second < seconds; ++second) {
      pass(1s);
      const Step renewed = renew();
      step = both(renewed, look(seen));
    }
    return step;
  }
  Step crash() {
    ServerView down = server(ServerKind::stopped);
    down.control = ControlState::in_production;
    renew();
    return look(down);
  }
  void come_back(const Step& crashed) {
    tell(ActionEnded{begun(crashed, ActionKind::start_primary), done()});
    look(ServerKind::primary);
  }
};

// n1 is a replica of n2 in a pause, and somebody has asked for a copy of its leader.
struct Copying : Node {
  Copying() {
    ClusterSettings paused;
    paused.pause = true;
    tell(paused);
    view = store(8, system_id);
    view.leader = LeaderKeyView{"n2", 78, 5, 5};
    view.members = {running("n1"), running("n2")};
    view.members[1].role = patroni::NodeRole::primary;
    tell(view);
    tell(server(ServerKind::standby));
    copy = begun(tell(OperatorRequest{OperatorRequest::Kind::reinitialize}), ActionKind::clone);
  }
  Step look(ServerKind kind) {
    pass(1s);
    view.as_of = now();
    const Step seen = tell(view);
    return both(seen, tell(server(kind)));
  }
  StoreView view;
  std::uint64_t copy = 0;
};

}  // namespace

TEST_CASE_METHOD(Leading, "an illness counts from its beginning", "[look]") {
  stay(server(ServerKind::primary), 60);
  ServerView ill = server(ServerKind::primary);
  SECTION("a stalled disk") {
    ill.is_stalled = true;
  }
  SECTION("a server that does not answer") {
    ill = server(ServerKind::hung);
  }
  CHECK_FALSE(begins(stay(ill, 10), ActionKind::stop_immediate));
  CHECK(begins(stay(ill, 1), ActionKind::stop_immediate));
}

TEST_CASE_METHOD(Leading, "a start counts from the postmaster's beginning", "[look]") {
  ServerView starting = server(ServerKind::starting);
  starting.postmaster = 2;
  stay(starting, 299);
  starting.postmaster = 3;
  CHECK(name_of(stay(starting, 300).row) == name_of(RowId::starting));
  CHECK(begins(stay(starting, 1), ActionKind::stop_immediate));
}

TEST_CASE_METHOD(Node, "a server that has once said what it is is not taken for a primary when it hangs",
                 "[look]") {
  const auto kind = GENERATE(ServerKind::standby, ServerKind::stopped);
  tell(server(kind));
  pass(1s);
  tell(server(ServerKind::starting));
  pass(1s);
  tell(server(ServerKind::hung));
  tell(store(8, system_id));
  for (int second = 0; second < 3; ++second) {
    pass(1s);
    tell(store(8, system_id));
    CHECK(orders<BeginAction>(tell(server(ServerKind::hung))).empty());
  }
  CHECK(name_of(row()) == name_of(RowId::starting));
}

TEST_CASE_METHOD(Node, "a server that starts is waited for by an agent that has just come", "[look]") {
  tell(store(8, system_id));
  CHECK(orders<BeginAction>(tell(server(ServerKind::starting))).empty());
  CHECK(name_of(row()) == name_of(RowId::starting));
}

TEST_CASE_METHOD(Copying, "a copy that was asked for in a pause ends with a server that runs, and not before",
                 "[look]") {
  // It runs on while the copy is made.
  CHECK(name_of(look(ServerKind::standby).row) == name_of(RowId::action_runs));
  tell(ActionEnded{copy, done()});
  const std::uint64_t start = begun(look(ServerKind::stopped), ActionKind::start_standby);
  CHECK(name_of(look(ServerKind::standby).row) == name_of(RowId::action_runs));
  tell(ActionEnded{start, done()});
  look(ServerKind::starting);
  CHECK(name_of(look(ServerKind::standby).row) == name_of(RowId::paused_wait));
  // From then on the pause is as any other: what somebody stops stays stopped.
  const Step stopped = look(ServerKind::stopped);
  CHECK(orders<BeginAction>(stopped).empty());
  CHECK(name_of(stopped.row) == name_of(RowId::paused_wait));
}

TEST_CASE_METHOD(Leading, "crashes count for ten minutes, the last moment included", "[look]") {
  // It takes a second to come back; the fourth is 600 s after the first, or a microsecond more.
  const bool is_later = GENERATE(false, true);
  for (int time = 0; time < 3; ++time) {
    const Step step = crash();
    REQUIRE(name_of(step.row) == name_of(RowId::start_in_place));
    come_back(step);
    stay(server(ServerKind::primary), 200);
  }
  if (is_later) pass(1us);
  CHECK(name_of(crash().row) == name_of(is_later ? RowId::start_in_place : RowId::crashed_often));
}

TEST_CASE_METHOD(Leading, "crashes of more than ten minutes ago are no reason to hand over", "[look]") {
  view.members[1].is_running = false;
  for (int time = 0; time < 4; ++time) come_back(crash());
  const bool is_soon = GENERATE(true, false);
  stay(server(ServerKind::primary), is_soon ? 590 : 610);
  view.members[1].is_running = true;
  look(ServerKind::primary);
  // Somebody restarts it, and it does not come up.
  const auto restart = begun(tell(OperatorRequest{}), ActionKind::restart);
  tell(ActionEnded{restart, {ActionResult::Outcome::failed, Divergence::none, {}}});
  ServerView down = server(ServerKind::stopped);
  down.control = ControlState::in_production;
  CHECK(name_of(look(down).row) == name_of(is_soon ? RowId::crashed_often : RowId::start_in_place));
}

TEST_CASE("a look at the server counts for ten seconds", "[look]") {
  Node node;
  StoreView view = node.store(8, system_id);
  view.leader = LeaderKeyView{"n2", 78, 5, 5};
  node.tell(view);
  node.tell(node.server(ServerKind::standby));
  node.pass(10s);
  view.as_of = node.now();
  CHECK(name_of(node.tell(view).row) == name_of(RowId::follow));
  node.pass(1us);
  CHECK(name_of(node.row()) == name_of(RowId::server_unknown));
}

TEST_CASE_METHOD(Node, "a leader whose server has crashed does not hand over before etcd was heard",
                 "[look]") {
  ClusterSettings cluster;
  cluster.primary_start_timeout = 0s;
  tell(cluster);
  tell(lock(LockReport::Operation::acquire, 7, 7));
  ServerView down = server(ServerKind::stopped);
  down.control = ControlState::in_production;
  CHECK(name_of(tell(down).row) == name_of(RowId::start_in_place));
}

TEST_CASE_METHOD(Leading, "a guard that has fired for another lock fences nobody", "[look]") {
  const std::int64_t epoch = GENERATE(6, 7);
  CHECK((name_of(tell(GuardReport{epoch, false, true}).row) == name_of(RowId::fenced)) == (epoch == 7));
}

}  // namespace tamada::ha
