#include "agent/api/requests/restart_request.h"

#include <catch2/catch.hpp>

#include "agent/api/requests/member_requests.h"

using namespace tamada;
using namespace tamada::agent;
using namespace std::chrono_literals;
using patroni::NodeRole;

namespace {

constexpr WallTime now{std::chrono::sys_days(std::chrono::year(2026) / 11 / 29) + 12h};

OrAnswer<RestartRequest> restart(const char* body, bool paused = false) {
  return parse_restart(JsonBody::parse(body), paused, now);
}

void check_refused(const char* body, int status, const char* words, bool paused = false) {
  CAPTURE(body);
  const auto request = restart(body, paused);
  REQUIRE_FALSE(request);
  CHECK(request.error() == text_answer(status, words));
}

}  // namespace

TEST_CASE("a restart without conditions is due at once, also in pause", "[agent][restart_request]") {
  CHECK(restart("{}").value() == RestartRequest{});
  CHECK(restart("{}", true).value() == RestartRequest{});
}

TEST_CASE("the conditions of a restart are read", "[agent][restart_request]") {
  const auto request = restart(
      R"({"schedule": "2026-11-29T13:00:00+00:00", "role": "replica", "postgres_version": "15.4", "timeout": "2min",
          "restart_pending": true})");
  REQUIRE(request);
  CHECK(request->schedule->at == now + 1h);
  CHECK(request->role == NodeRole::replica);
  CHECK(request->postgres_version_number == 150004);
  CHECK(request->timeout == Duration(120s));
  CHECK(request->only_if_pending);
  CHECK(
      restart_json(*request) ==
      R"({"schedule": "2026-11-29T13:00:00+00:00", "role": "replica", "postgres_version": "15.4", "timeout": 120, )"
      R"("restart_pending": true})");
  CHECK(restart(R"({"role": "primary"})")->role == NodeRole::primary);
  CHECK(restart(R"({"role": "standby_leader"})")->role == NodeRole::standby_leader);
  CHECK(restart(R"({"timeout": 5})")->timeout == Duration(5s));
  CHECK(restart(R"({"postgres_version": "9.6.24"})")->postgres_version_number == 90624);
  CHECK(restart(R"({"restart_pending": false})")->only_if_pending);
}

TEST_CASE("wrong conditions of a restart are refused with Patroni's words", "[agent][restart_request]") {
  check_refused(R"({"role": "master"})", 400,
                "PostgreSQL role should be either primary, standby_leader, or replica");
  check_refused(R"({"role": 5})", 400,
                "PostgreSQL role should be either primary, standby_leader, or replica");
  check_refused(R"({"postgres_version": "a.b"})", 400, "Invalid PostgreSQL version: a.b");
  check_refused(R"({"postgres_version": "15"})", 400,
                "Invalid PostgreSQL version format: X.Y or X.Y.Z is accepted: 15");
  check_refused(R"({"postgres_version": "9.6"})", 400,
                "Invalid PostgreSQL version format: X.Y or X.Y.Z is accepted: 9.6");
  check_refused(R"({"postgres_version": "1.2.3.4"})", 400,
                "Invalid PostgreSQL version format: X.Y or X.Y.Z is accepted: 1.2.3.4");
  check_refused(R"({"postgres_version": ""})", 400, "Invalid PostgreSQL version: ");
  for (const char* body :
       {R"({"timeout": 0})", R"({"timeout": -1})", R"({"timeout": "soon"})", R"({"timeout": true})"}) {
    check_refused(body, 400, "Timeout should be a positive number of seconds");
  }
  check_refused(R"({"batman": "x"})", 400, "Unknown filter for the scheduled restart: batman");
}

TEST_CASE("of several faults the first is told", "[agent][restart_request]") {
  check_refused(R"({"timeout": 0, "role": "x"})", 400, "Timeout should be a positive number of seconds");
  check_refused(R"({"role": "x", "timeout": 0})", 400,
                "PostgreSQL role should be either primary, standby_leader, or replica");
}

TEST_CASE("the time of a restart must be one to come, with its zone", "[agent][restart_request]") {
  check_refused(R"({"schedule": "2026-11-29T13:00:00"})", 400,
                "Timezone information is mandatory for the scheduled restart");
  check_refused(R"({"schedule": "2026-11-29T11:59:59+00:00"})", 422, "Cannot schedule restart in the past");
  check_refused(R"({"schedule": "2026-11-29T12:30:00+01:00"})", 422, "Cannot schedule restart in the past");
  for (const char* body : {R"({"schedule": "soon"})", R"({"schedule": null})", R"({"schedule": 5})"}) {
    check_refused(
        body, 422,
        "Unable to parse scheduled timestamp. It should be in an unambiguous format, e.g. ISO 8601");
  }
  check_refused(R"({"schedule": "2026-11-29T13:00:00+00:00"})", 500,
                "Can't schedule restart in the paused state", true);
  check_refused(R"({"role": "x", "schedule": "soon"})", 500, "Can't schedule restart in the paused state",
                true);
}

TEST_CASE("each end of a restart has its answer", "[agent][restart_request]") {
  CHECK(restart_answer(RestartEnd::restarted, "") == text_answer(200, "restarted successfully"));
  CHECK(restart_answer(RestartEnd::still_starting, "") == text_answer(503, "postgres is still starting"));
  CHECK(restart_answer(RestartEnd::failed, "") == text_answer(503, "restart failed"));
  CHECK(restart_answer(RestartEnd::conditions_not_met, "") ==
        text_answer(503, "restart conditions are not satisfied"));
  CHECK(restart_answer(RestartEnd::busy, "reinitialize") ==
        text_answer(503, "reinitialize already in progress"));
  CHECK(restart_answer(RestartEnd::broken, "").status == 400);
  CHECK(restart_scheduled_answer(true) == text_answer(202, "Restart scheduled"));
  CHECK(restart_scheduled_answer(false) == text_answer(409, "Another restart is already scheduled"));
  CHECK(restart_deleted_answer(true) == text_answer(200, "scheduled restart deleted"));
  CHECK(restart_deleted_answer(false) == text_answer(404, "no restarts are scheduled"));
}

TEST_CASE("a reinitialization is read and answered", "[agent][member_requests]") {
  const auto parse = [](const char* body) { return parse_reinitialize(JsonBody::parse(body)); };
  CHECK(parse("{}") == ReinitializeRequest{});
  CHECK(parse(R"({"force": true, "from_leader": "on"})") == ReinitializeRequest{true, true});
  CHECK(parse(R"({"force": "maybe", "from_leader": false})") == ReinitializeRequest{});
  CHECK(reinitialize_answer(ReinitializeStart::started, "") == text_answer(200, "reinitialize started"));
  CHECK(reinitialize_answer(ReinitializeStart::no_leader, "") ==
        text_answer(503, "Cluster has no leader, can not reinitialize"));
  CHECK(reinitialize_answer(ReinitializeStart::is_leader, "") ==
        text_answer(503, "I am the leader, can not reinitialize"));
  CHECK(reinitialize_answer(ReinitializeStart::busy, "restart") ==
        text_answer(503, "restart already in progress"));
}

TEST_CASE("a leader's fail-safe request is read and answered", "[agent][member_requests]") {
  const auto request = parse_failsafe(JsonBody::parse(
      R"({"name": "pg1", "conn_url": "postgres://a/b", "api_url": "http://a:8008/patroni",
          "slots": {"pg1": 100, "x": "bad", "y": -1}})"));
  REQUIRE(request);
  CHECK(*request == FailsafeRequest{"pg1", "postgres://a/b", "http://a:8008/patroni", {{"pg1", 100}}});
  CHECK(parse_failsafe(JsonBody::parse(R"({"name": "pg1"})")).value().api_url.empty());
  for (const char* body : {R"({"x": 1})", R"({"name": ""})", R"({"name": 5})", R"({"name": "a\nb"})"}) {
    CHECK(parse_failsafe(JsonBody::parse(body)).error().status == 400);
  }
  CHECK(failsafe_answer(FailsafeEnd::not_enabled, {}).status == 502);
  CHECK(failsafe_answer(FailsafeEnd::running_as_leader, {}) == text_answer(500, "Running as a leader"));
  CHECK(failsafe_answer(FailsafeEnd::accepted, {}) == text_answer(200, "Accepted"));
  CHECK(failsafe_answer(FailsafeEnd::accepted, 5000).headers ==
        std::vector<std::pair<std::string, std::string>>{{"lsn", "5000"}});
}
