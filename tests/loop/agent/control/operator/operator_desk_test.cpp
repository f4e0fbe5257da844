// What is done to this node: restart now and later, reinitialise; and what is read.
#include "tests/loop/agent/control/operator/operator_fixture.h"

using namespace tamada;
using namespace tamada::agent;
using ha::ActionKind;
using Outcome = ha::ActionResult::Outcome;

namespace {

const WallTime planned = parse_timestamp("2026-11-30T10:00:00+00:00")->at;

RestartRequest planned_restart() {
  RestartRequest request;
  request.schedule = Timestamp{planned, std::chrono::minutes(0)};
  return request;
}

}  // namespace

TEST_CASE_METHOD(Desk, "a restart is answered when it is over", "[agent][operator]") {
  RestartRequest request;
  request.timeout = 30s;
  restart(request);
  CHECK(control.restarts == std::vector<std::optional<Duration>>{30s});
  CHECK_FALSE(restarted);
  restart();  // a second one takes the answer's place here, and is refused at once
  CHECK(restarted == Told(RestartEnd::busy, "restart"));
  restarted.reset();
  const auto one = action(ActionKind::restart, 7);
  begin(one);
  CHECK_FALSE(restarted);
  end(one, Outcome::done);
  CHECK(restarted == Told(RestartEnd::restarted, ""));

  restart();
  begin(one);
  end(one, Outcome::failed);
  CHECK(restarted == Told(RestartEnd::failed, ""));
  restart();
  begin(one);
  control.now.look.view.kind = ha::ServerKind::starting;
  end(one, Outcome::failed);
  CHECK(restarted == Told(RestartEnd::still_starting, ""));
}

TEST_CASE_METHOD(Desk, "a restart that begins at once is followed, too", "[agent][operator]") {
  const auto one = action(ActionKind::restart, 7);
  control.on_restart = [&] { begin(one); };
  restart();
  CHECK_FALSE(restarted);
  end(one, Outcome::done);
  CHECK(restarted == Told(RestartEnd::restarted, ""));
}

TEST_CASE_METHOD(Desk, "a restart whose start takes too long goes on without its client",
                 "[agent][operator]") {
  RestartRequest request;
  request.timeout = 100ms;
  restart(request);
  const auto one = action(ActionKind::restart, 7);
  begin(one);
  control.now.action_state = patroni::ServerState::stopping;
  run_for(250ms);
  CHECK_FALSE(restarted);  // the start has not begun
  control.now.action_state = patroni::ServerState::starting;
  REQUIRE(run_until([&] { return restarted.has_value(); }));
  CHECK(restarted == Told(RestartEnd::still_starting, ""));
  restart();
  CHECK(restarted == Told(RestartEnd::busy, "restart"));
  end(one, Outcome::done);
}

TEST_CASE_METHOD(Desk, "a restart that the decider does not begin has failed", "[agent][operator]") {
  restart();
  REQUIRE(run_until([&] { return restarted.has_value(); }));
  CHECK(restarted == Told(RestartEnd::failed, ""));
}

TEST_CASE_METHOD(Desk, "a restart is refused while something else goes on, or its conditions do not hold",
                 "[agent][operator]") {
  const auto rewind = action(ActionKind::rewind, 3, "pg2");
  begin(rewind);
  restart();
  CHECK(restarted == Told(RestartEnd::busy, "running pg_rewind from pg2"));
  end(rewind, Outcome::done);
  RestartRequest of_primary;
  of_primary.role = patroni::NodeRole::primary;
  restart(of_primary);
  CHECK(restarted == Told(RestartEnd::conditions_not_met, ""));
  CHECK(control.restarts.empty());
  restart();
  begin(action(ActionKind::promote, 4));  // the decider had something better to do
  CHECK(restarted == Told(RestartEnd::busy, "promote"));
}

TEST_CASE_METHOD(Desk, "a scheduled restart comes at its time, once", "[agent][operator]") {
  REQUIRE(schedule(planned_restart()));
  CHECK_FALSE(schedule(planned_restart()));
  REQUIRE(control.now.scheduled_restart);
  CHECK(control.now.scheduled_restart->postmaster_start_time == "2026-11-29 11:17:20.123456+00:00");
  desk->on_wall_time(planned - 1s);
  CHECK(control.restarts.empty());
  const auto rewind = action(ActionKind::rewind, 3, "pg2");
  begin(rewind);
  desk->on_wall_time(planned);
  CHECK(control.restarts.empty());
  end(rewind, Outcome::done);
  desk->on_wall_time(planned + 1s);
  CHECK(control.restarts.size() == 1);
  CHECK_FALSE(control.now.scheduled_restart);
  desk->on_wall_time(planned + 2s);
  CHECK(control.restarts.size() == 1);
  begin(action(ActionKind::restart, 7));
  end(action(ActionKind::restart, 7), Outcome::failed);
  CHECK(control.told.back() == std::pair(std::string("Scheduled restart: restart failed"), true));
}

TEST_CASE_METHOD(Desk, "a scheduled restart is forgotten when it was missed, deleted, or has come already",
                 "[agent][operator]") {
  REQUIRE(schedule(planned_restart()));
  control.now.dynamic.pause = true;
  desk->on_wall_time(planned);
  CHECK(control.now.scheduled_restart);
  control.now.dynamic.pause = false;
  desk->on_wall_time(planned + 16s);
  CHECK_FALSE(control.now.scheduled_restart);

  REQUIRE(schedule(planned_restart()));
  std::optional<bool> deleted;
  desk->delete_restart([&](bool is_deleted) { deleted = is_deleted; });
  CHECK(deleted == true);
  CHECK_FALSE(control.now.scheduled_restart);
  desk->delete_restart([&](bool is_deleted) { deleted = is_deleted; });
  CHECK(deleted == false);

  REQUIRE(schedule(planned_restart()));
  desk->on_look(control.now.look);
  CHECK(control.now.scheduled_restart);
  control.now.look.status->postmaster_start_time = "2026-11-29 12:00:00.000000+00:00";
  desk->on_look(control.now.look);
  CHECK_FALSE(control.now.scheduled_restart);

  RestartRequest of_primary = planned_restart();
  of_primary.role = patroni::NodeRole::primary;
  REQUIRE(schedule(of_primary));
  desk->on_wall_time(planned);
  CHECK_FALSE(control.now.scheduled_restart);
  CHECK(control.restarts.empty());
}

TEST_CASE_METHOD(Desk, "a reinitialisation is answered when the copy has begun", "[agent][operator]") {
  reinitialize({false, true});
  CHECK(control.reinitializations == std::vector<std::pair<bool, bool>>{{true, false}});
  CHECK_FALSE(started);
  const auto clone = action(ActionKind::clone, 9, "pg2");
  begin(clone);
  CHECK(started == Started(ReinitializeStart::started, ""));
  reinitialize();
  CHECK(started == Started(ReinitializeStart::busy, "reinitialize"));
  restart();
  CHECK(restarted == Told(RestartEnd::busy, "reinitialize"));
  reinitialize({true, false});  // forced: what goes on is ended first
  CHECK_FALSE(started);
  end(clone, Outcome::cancelled);
  begin(action(ActionKind::clone, 10, "pg2"));
  CHECK(started == Started(ReinitializeStart::started, ""));
  end(action(ActionKind::clone, 10, "pg2"), Outcome::done);
  begin(action(ActionKind::clone, 11, "pg2"));  // nobody asked for this one
  reinitialize();
  CHECK(started == Started(ReinitializeStart::busy, "bootstrap from leader 'pg2'"));
}

TEST_CASE_METHOD(Desk, "a leader, and who knows none, is not reinitialised", "[agent][operator]") {
  control.now.heard = loop::boot_now() - 31s;  // older than ttl
  reinitialize();
  CHECK(started == Started(ReinitializeStart::no_leader, ""));
  control.now.heard = loop::boot_now();
  control.now.keys = patroni::ClusterKeys("/service/orders/");
  reinitialize();
  CHECK(started == Started(ReinitializeStart::no_leader, ""));
  control.now.keys = agent_keys("pg1");
  reinitialize({true, false});
  CHECK(started == Started(ReinitializeStart::is_leader, ""));
  control.now.keys = agent_keys("pg2");
  control.now.ha.may_write = true;
  reinitialize({true, false});
  CHECK(started == Started(ReinitializeStart::is_leader, ""));
  CHECK(control.reinitializations.empty());
  control.now.ha.may_write = false;
  reinitialize();  // the decider does not begin it
  REQUIRE(run_until([&] { return started.has_value(); }));
  CHECK(started == Started(ReinitializeStart::no_leader, ""));
}

TEST_CASE_METHOD(Desk, "what is read is told when it has been read, or that nobody answers",
                 "[agent][operator]") {
  std::vector<SnapshotPtr> told;
  const auto take = [&](SnapshotPtr snapshot) { told.push_back(std::move(snapshot)); };
  desk->query_server(take);
  desk->read_cluster(take);
  CHECK(told.empty());
  control.looks.at(0)(true);
  control.readings.at(0)(true);
  CHECK(told == std::vector<SnapshotPtr>{control.made, control.made});
  desk->query_server(take);
  desk->read_cluster(take);
  control.looks.at(1)(false);
  control.readings.at(1)(false);
  CHECK(told.size() == 4);
  CHECK(told[2] == nullptr);
  CHECK(told[3] == nullptr);

  std::optional<std::vector<CandidateStatus>> statuses;
  desk->ask_candidates({"pg2", "pg3"}, [&](auto all) { statuses = std::move(all); });
  control.candidates.at(1).second({"pg3", false, true, false});
  CHECK_FALSE(statuses);
  control.candidates.at(0).second({"pg2", true, false, false});
  REQUIRE(statuses);
  CHECK(statuses->at(0).name == "pg2");
  CHECK(statuses->at(0).may_take_over());
  CHECK(statuses->at(1).nofailover);
  desk->reload();
  CHECK(control.reloads == 1);
  std::optional<FailsafeEnd> failsafe;
  desk->failsafe({}, [&](FailsafeEnd end, auto) { failsafe = end; });
  CHECK(failsafe == FailsafeEnd::not_enabled);
}

TEST_CASE_METHOD(Desk, "answers that come after the desk has gone reach nobody", "[agent][operator]") {
  int calls = 0;
  const auto take = [&](const SnapshotPtr&) { ++calls; };
  desk->query_server(take);
  desk->read_cluster(take);
  desk->ask_candidates({"pg2"}, [&](const auto&) { ++calls; });
  desk->write_config("{}", std::nullopt, [&](const Written&) { ++calls; });
  restart();
  desk.reset();
  control.looks.at(0)(true);
  control.readings.at(0)(true);
  control.candidates.at(0).second({"pg2", true, false, false});
  run_for(100ms);
  CHECK(calls == 0);
  CHECK_FALSE(restarted);
}
