#include <nlohmann/json.hpp>

#include "tests/loop/agent/api/api_fixture.h"

using namespace tamada;
using namespace tamada::agent;

namespace {

// A node at rest, and an etcd that holds what the snapshot says.
struct Writing : Serving {
  Writing() {
    serve();
    set(agent_leader());
  }
  void set(const NodeSnapshot& snapshot) {
    publish(snapshot);
    backend.read = std::make_shared<const NodeSnapshot>(made_now(snapshot));
  }
};

std::string of_tomorrow() {
  const auto at = std::chrono::system_clock::now() + std::chrono::hours(24);
  return iso_text({std::chrono::floor<std::chrono::seconds>(at), std::chrono::minutes(0)});
}

}  // namespace

TEST_CASE_METHOD(Writing, "a restart is asked for and its end told", "[agent][api]") {
  CHECK(words(ask("POST", "/restart")) == "200 restarted successfully");
  CHECK(backend.restarts.at(0) == RestartRequest{});
  CHECK(words(ask("POST", "/restart", R"({"role": "replica", "timeout": 5})")) ==
        "200 restarted successfully");
  CHECK(backend.restarts.at(1).role == patroni::NodeRole::replica);
  backend.restart_end = RestartEnd::busy;
  CHECK(words(ask("POST", "/restart", "{}")) == "503 reinitialize already in progress");
  CHECK(words(ask("POST", "/restart", R"({"batman": 1})")) ==
        "400 Unknown filter for the scheduled restart: batman");
  CHECK(ask("POST", "/restart", "[").status == 400);
  CHECK(backend.restarts.size() == 3);
}

TEST_CASE_METHOD(Writing, "a restart may be scheduled, once", "[agent][api]") {
  const std::string body = R"({"schedule": ")" + of_tomorrow() + R"("})";
  CHECK(words(ask("POST", "/restart", body)) == "202 Restart scheduled");
  CHECK(backend.scheduled.size() == 1);
  CHECK(words(ask("DELETE", "/restart")) == "200 scheduled restart deleted");
  backend.yes = false;
  CHECK(words(ask("POST", "/restart", body)) == "409 Another restart is already scheduled");
  CHECK(words(ask("DELETE", "/restart")) == "404 no restarts are scheduled");
  CHECK(words(ask("POST", "/restart", R"({"schedule": "2020-01-01T00:00:00+00:00"})")) ==
        "422 Cannot schedule restart in the past");
  NodeSnapshot paused = agent_leader();
  paused.settings.paused = true;
  set(paused);
  CHECK(words(ask("POST", "/restart", body)) == "500 Can't schedule restart in the paused state");
  CHECK(backend.restarts.empty());
}

TEST_CASE_METHOD(Writing, "the small requests have their answers", "[agent][api]") {
  CHECK(words(ask("POST", "/reload")) == "202 reload scheduled");
  CHECK(backend.reloads == 1);
  CHECK(words(ask("POST", "/sigterm")) == "202 shutdown scheduled");
  CHECK(words(ask("POST", "/citus", R"({"type": "x"})")) == "200 OK");
  CHECK(words(ask("POST", "/reinitialize")) == "200 reinitialize started");
  CHECK(words(ask("POST", "/reinitialize", R"({"force": true, "from_leader": true})")) ==
        "200 reinitialize started");
  CHECK(backend.reinitializations == std::vector<ReinitializeRequest>{{false, false}, {true, true}});
  backend.start = ReinitializeStart::is_leader;
  CHECK(words(ask("POST", "/reinitialize")) == "503 I am the leader, can not reinitialize");
  CHECK(ask("POST", "/nothing").status == 501);
  CHECK(ask("PUT", "/restart", "{}").status == 501);
  CHECK(ask("DELETE", "/").status == 501);
}

TEST_CASE_METHOD(Writing, "a promise for the fail-safe mode is taken where the mode is on", "[agent][api]") {
  const std::string body = R"({"name": "pg1", "conn_url": "x", "api_url": "y"})";
  CHECK(ask("POST", "/failsafe", body).status == 502);
  CHECK(ask("POST", "/failsafe").status == 502);
  NodeSnapshot snapshot = agent_replica();
  snapshot.settings.failsafe_mode = true;
  set(snapshot);
  const Reply reply = ask("POST", "/failsafe", body);
  CHECK(words(reply) == "200 Accepted");
  CHECK(reply.head.find("lsn: 5000\r\n") != std::string::npos);
  CHECK(ask("POST", "/failsafe").status == 411);
  CHECK(backend.promises.size() == 1);
}

TEST_CASE_METHOD(Writing, "a patch of the configuration is written while nobody else writes",
                 "[agent][api]") {
  CHECK(words(ask("PATCH", "/config", R"({"loop_wait": 5})")) == R"(200 {"ttl":30,"loop_wait":5})");
  CHECK(backend.configs.at(0) ==
        std::pair(std::string(R"({"ttl":30,"loop_wait":5})"), std::optional<std::int64_t>(42)));
  CHECK(words(ask("PATCH", "/config", R"({"ttl": "30"})")) == R"(200 {"ttl":30})");
  CHECK(backend.configs.size() == 1);  // no change, no write
  backend.written.end = WriteEnd::conflict;
  CHECK(ask("PATCH", "/config", R"({"loop_wait": 6})").status == 409);
  CHECK(ask("PATCH", "/config", "{}").status == 400);
  CHECK(ask("PATCH", "/config").status == 411);
  CHECK(ask("PATCH", "/config", R"({"postgresql": {"authentication": {}}})").status == 400);
  NodeSnapshot bare = agent_leader();
  bare.cluster->config.reset();
  set(bare);
  CHECK(ask("PATCH", "/config", R"({"ttl": 20})").status == 503);
  backend.read = nullptr;
  CHECK(ask("PATCH", "/config", R"({"ttl": 20})").status == 503);
}

TEST_CASE_METHOD(Writing, "a whole configuration is written whatever stands there", "[agent][api]") {
  CHECK(words(ask("PUT", "/config", R"({"ttl": 20})")) == R"(200 {"ttl":20})");
  CHECK(backend.configs.at(0) == std::pair(std::string(R"({"ttl":20})"), std::optional<std::int64_t>()));
  CHECK(words(ask("PUT", "/config", R"({"ttl": "30"})")) == R"(200 {"ttl":"30"})");
  CHECK(backend.configs.size() == 1);
  backend.written.end = WriteEnd::failed;
  CHECK(ask("PUT", "/config", R"({"ttl": 21})").status == 502);
}

TEST_CASE_METHOD(Writing, "a switchover is written, and its end told when it is seen", "[agent][api]") {
  http::RawClient client(loop, address(),
                         request("POST", "/switchover", R"({"leader": "pg1", "candidate": "pg2"})"));
  REQUIRE(run_until([&] { return backend.wishes.size() == 1; }));
  CHECK(backend.asked == std::vector<std::string>{"pg2"});
  CHECK(backend.wishes[0].leader == "pg1");
  CHECK(backend.wishes[0].candidate == "pg2");
  CHECK(backend.wishes[0].scheduled_at.empty());

  publish(agent_leader());  // revision 100: older than the write, without its key
  run_turns();
  CHECK(client.got.empty());
  NodeSnapshot later = agent_leader();
  later.cluster->revision = 200;
  later.cluster->failover = FailoverView{"pg1", "pg2", "", 200};
  publish(later);
  run_turns();
  CHECK(client.got.empty());
  later.cluster->leader = "pg2";
  publish(later);
  REQUIRE(run_until([&] { return client.ended; }));
  CHECK(words(parse(client.got)) == "200 Successfully switched over to \"pg2\"");
}

TEST_CASE_METHOD(Writing, "a switchover that was seen before its write was answered is told, too",
                 "[agent][api]") {
  backend.is_late = true;
  http::RawClient client(loop, address(), request("POST", "/switchover", R"({"leader": "pg1"})"));
  for (int steps = 0; steps < 2; ++steps) {  // reading, candidates
    REQUIRE(run_until([&] { return !backend.waiting.empty(); }));
    backend.deliver_all();
  }
  REQUIRE(run_until([&] { return backend.wishes.size() == 1; }));
  NodeSnapshot later = agent_leader();
  later.cluster->revision = 205;
  later.cluster->leader = "pg3";
  publish(later);
  backend.deliver_all();
  REQUIRE(run_until([&] { return client.ended; }));
  CHECK(words(parse(client.got)) == "200 Successfully switched over to \"pg3\"");
}

TEST_CASE_METHOD(Writing, "a switchover that cannot be is refused before anything is written",
                 "[agent][api]") {
  CHECK(words(ask("POST", "/switchover", R"({"candidate": "pg2"})")) ==
        "400 Switchover could be performed only from a specific leader");
  CHECK(words(ask("POST", "/switchover", R"({"leader": "pg2"})")) == "412 leader name does not match");
  CHECK(words(ask("POST", "/failover", R"({"candidate": "pg9"})")) == "412 candidate does not exists");
  backend.reachable = false;
  CHECK(words(ask("POST", "/failover", R"({"candidate": "pg2"})")) ==
        "412 failover is not possible: no good candidates have been found");
  backend.reachable = true;
  backend.read = nullptr;
  CHECK(ask("POST", "/failover", R"({"candidate": "pg2"})").status == 503);
  CHECK(backend.wishes.empty());
  set(agent_leader());
  backend.written.end = WriteEnd::failed;
  CHECK(words(ask("POST", "/failover", R"({"candidate": "pg2"})")) ==
        "503 failed to write failover key into DCS");
}

TEST_CASE_METHOD(Writing, "a switchover may be scheduled and taken back", "[agent][api]") {
  const std::string at = of_tomorrow();
  CHECK(words(ask("POST", "/switchover", R"({"leader": "pg1", "scheduled_at": ")" + at + R"("})")) ==
        "202 Switchover scheduled");
  CHECK(backend.wishes.at(0).scheduled_at == at);
  CHECK(backend.asked.empty());
  CHECK(words(ask("DELETE", "/switchover")) == "404 no switchover is scheduled");
  NodeSnapshot snapshot = agent_leader();
  snapshot.cluster->failover = FailoverView{"pg1", "", at, 77};
  set(snapshot);
  CHECK(words(ask("DELETE", "/switchover")) == "200 scheduled switchover deleted");
  CHECK(backend.cleared == std::vector<std::int64_t>{77});
  backend.written.end = WriteEnd::conflict;
  CHECK(ask("DELETE", "/switchover").status == 409);
}

TEST_CASE_METHOD(Writing, "a client that goes away cancels only its answer", "[agent][api]") {
  backend.is_late = true;
  {
    http::RawClient client(loop, address(), request("POST", "/restart", R"({"timeout": 7})"));
    REQUIRE(run_until([&] { return backend.restarts.size() == 1; }));
    client.reset();
  }
  CHECK(ask("GET", "/primary").status == 200);
  CHECK(backend.waiting.size() == 1);  // the restart goes on
  backend.deliver_all();
  CHECK_SOON(api->counters().connections == 0);
  CHECK(ask("GET", "/primary").status == 200);
}

TEST_CASE_METHOD(Writing, "answers that come after the API has gone do nothing", "[agent][api]") {
  backend.is_late = true;
  http::RawClient restart(loop, address(), request("POST", "/restart"));
  http::RawClient patch(loop, address(), request("PATCH", "/config", R"({"ttl": 20})"));
  http::RawClient cluster(loop, address(), request("GET", "/cluster"));
  REQUIRE(run_until([&] { return backend.waiting.size() == 2 && api->counters().requests == 3; }));
  api.reset();
  backend.deliver_all();
  backend.deliver_all();
  CHECK(run_until([&] {
    const auto gone = [](const http::RawClient& client) { return client.ended || !client.broken.empty(); };
    return gone(restart) && gone(patch) && gone(cluster);
  }));
  CHECK(backend.configs.empty());
}

TEST_CASE_METHOD(Writing, "many clients are answered while one waits for a restart", "[agent][api]") {
  backend.is_late = true;
  http::RawClient waiting(loop, address(), request("POST", "/restart"));
  REQUIRE(run_until([&] { return backend.restarts.size() == 1; }));
  for (int i = 0; i < 20; ++i) CHECK(ask("GET", "/primary").status == 200);
  CHECK(waiting.got.empty());
  backend.deliver_all();
  REQUIRE(run_until([&] { return waiting.ended; }));
  CHECK(words(parse(waiting.got)) == "200 restarted successfully");
}
