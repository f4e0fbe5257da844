#include "agent/control/operator/restart_rules.h"

#include <catch2/catch.hpp>

#include "tests/support/agent_control_state.h"

using namespace tamada;
using namespace tamada::agent;

TEST_CASE("a restart's conditions are looked at where it would be carried out", "[agent][restart]") {
  ControlState state = agent_standby_state();
  CHECK(unmet_condition({}, state).empty());
  RestartRequest of_primary;
  of_primary.role = patroni::NodeRole::primary;
  CHECK_FALSE(unmet_condition(of_primary, state).empty());
  CHECK(unmet_condition(of_primary, agent_primary_state()).empty());

  RestartRequest of_older;
  of_older.postgres_version = "15.7";
  of_older.postgres_version_number = 150007;
  CHECK(unmet_condition(of_older, state).empty());
  of_older.postgres_version_number = 150006;
  CHECK_FALSE(unmet_condition(of_older, state).empty());
  of_older.postgres_version_number = 170000;
  state.look.status.reset();
  state.setup.reset();
  CHECK_FALSE(unmet_condition(of_older, state).empty());  // its version is not known

  RestartRequest if_pending;
  if_pending.only_if_pending = true;
  CHECK_FALSE(unmet_condition(if_pending, state).empty());
  state.pending_restart = {{"max_connections", "100", "200"}};
  CHECK(unmet_condition(if_pending, state).empty());
}

TEST_CASE("a schedule is due at its time, and stale one and a half loop_wait later", "[agent][restart]") {
  const WallTime at(1'000'000s);
  CHECK(schedule_standing(at, at - 1us, 10s) == ScheduleStanding::early);
  CHECK(schedule_standing(at, at, 10s) == ScheduleStanding::due);
  CHECK(schedule_standing(at, at + 15s, 10s) == ScheduleStanding::due);
  CHECK(schedule_standing(at, at + 15s + 1us, 10s) == ScheduleStanding::stale);
}

TEST_CASE("a scheduled restart stands in the member key with its conditions", "[agent][restart]") {
  RestartRequest request;
  request.schedule = *parse_timestamp("2026-11-30T10:00:00+01:00");
  request.role = patroni::NodeRole::replica;
  request.timeout = 90s;
  request.only_if_pending = true;
  const auto restart = scheduled_restart_of(request, "then");
  CHECK(restart.schedule == "2026-11-30T10:00:00+01:00");
  CHECK(restart.postmaster_start_time == "then");
  CHECK(restart.filters ==
        patroni::PythonDict{{"role", "replica"}, {"timeout", 90}, {"restart_pending", true}});
}
