#include "agent/api/answers/read_answers.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/agent_snapshot.h"

using namespace tamada;
using namespace tamada::agent;
using nlohmann::json;

namespace {

Answer get(const NodeSnapshot& snapshot, std::string_view target, std::string_view method = "GET",
           TimePoint now = agent_now) {
  const auto question = target.find('?');
  const ReadRequest request{method, target.substr(0, question),
                            question == std::string_view::npos ? "" : target.substr(question + 1), now - 10s};
  return read_answer(request, snapshot, now, PrimaryMeans::takes_writes);
}

}  // namespace

TEST_CASE("the first part of a path decides on the page", "[agent][read_answers]") {
  CHECK(read_page("GET", "/patroni") == ReadPage::patroni);
  CHECK(read_page("GET", "/patroni/x") == ReadPage::patroni);
  CHECK(read_page("GET", "//cluster") == ReadPage::cluster);
  CHECK(read_page("GET", "/history") == ReadPage::history);
  CHECK(read_page("GET", "/config/") == ReadPage::config);
  CHECK(read_page("GET", "/failsafe") == ReadPage::failsafe);
  CHECK(read_page("GET", "/metrics") == ReadPage::metrics);
  CHECK(read_page("GET", "/liveness") == ReadPage::liveness);
  CHECK(read_page("GET", "/readiness") == ReadPage::readiness);
  for (const char* path : {"/", "/primary", "/patronis", "/Patroni", "/x/patroni", "/events"}) {
    CHECK(read_page("GET", path) == ReadPage::health_check);
  }
  for (const char* method : {"HEAD", "OPTIONS"}) {
    for (const char* path : {"/patroni", "/cluster", "/liveness", "/primary"}) {
      CHECK(read_page(method, path) == ReadPage::health_check);
    }
  }
}

TEST_CASE("the status has 200 at its own page and the check's code elsewhere, with one body",
          "[agent][read_answers]") {
  const NodeSnapshot replica = agent_replica();
  const Answer status = get(replica, "/patroni");
  CHECK(status.status == 200);
  CHECK(status.content == Content::json);
  CHECK(json::parse(status.body).at("role") == "replica");
  for (const char* path : {"/primary", "/replica", "/nothing"}) CHECK(get(replica, path).body == status.body);
  CHECK(get(replica, "/primary").status == 503);
  CHECK(get(replica, "/replica?lag=1GB").status == 200);
  CHECK(get(replica, "/replica?lag=1").status == 503);
  CHECK(get(replica, "/nothing").status == 503);
}

TEST_CASE("HEAD and OPTIONS get the status line of the health check", "[agent][read_answers]") {
  for (const char* method : {"HEAD", "OPTIONS"}) {
    CHECK(get(agent_leader(), "/primary", method) == status_line(200));
    CHECK(get(agent_leader(), "/", method) == status_line(200));
    CHECK(get(agent_leader(), "/replica", method) == status_line(503));
    for (const char* path : {"/patroni", "/cluster", "/config", "/liveness", "/readiness"}) {
      CHECK(get(agent_leader(), path, method) == status_line(503));
    }
  }
}

TEST_CASE("the pages of the cluster are answered from the view", "[agent][read_answers]") {
  NodeSnapshot snapshot = agent_leader();
  CHECK(json::parse(get(snapshot, "/cluster").body).at("members").size() == 3);
  CHECK(get(snapshot, "/history").body == "[]");
  snapshot.cluster->history = R"([[1, 25, "no recovery target specified"]])";
  CHECK(get(snapshot, "/history") == json_answer(200, snapshot.cluster->history));
  CHECK(get(snapshot, "/config") == json_answer(200, R"({"ttl": 30})"));
  snapshot.cluster->config.reset();
  CHECK(get(snapshot, "/config").status == 502);
}

TEST_CASE("the pages of a cluster that is not known say so", "[agent][read_answers]") {
  NodeSnapshot snapshot = agent_leader();
  snapshot.cluster->valid_until = agent_now;
  for (const char* path : {"/cluster", "/history", "/config"}) CHECK(get(snapshot, path).status == 503);
}

TEST_CASE("the members of the fail-safe mode are shown, if there are any", "[agent][read_answers]") {
  NodeSnapshot snapshot = agent_leader();
  CHECK(get(snapshot, "/failsafe").status == 502);
  snapshot.failsafe.emplace()["pg1"] = "http://pg1:8008/patroni";
  CHECK(json::parse(get(snapshot, "/failsafe").body) == json{{"pg1", "http://pg1:8008/patroni"}});
}

TEST_CASE("metrics are plain text", "[agent][read_answers]") {
  CHECK(get(agent_leader(), "/metrics").content == Content::metrics);
}

TEST_CASE("a loop that hangs is alive for ttl on a primary and twice that elsewhere",
          "[agent][read_answers]") {
  const auto alive = [](NodeSnapshot snapshot, Duration late) {
    snapshot.next_run = agent_now - late;
    const Answer answer = get(snapshot, "/liveness");
    CHECK(answer.content == Content::status_line);
    return answer.status == 200;
  };
  CHECK(alive(agent_leader(), 30s - 1us));
  CHECK_FALSE(alive(agent_leader(), 30s));
  CHECK(alive(agent_replica(), 60s - 1us));
  CHECK_FALSE(alive(agent_replica(), 60s));
  NodeSnapshot stopped = agent_leader();
  stopped.server.state = patroni::ServerState::crashed;
  CHECK(alive(stopped, 59s));
  NodeSnapshot paused = agent_leader();
  paused.settings.paused = true;
  CHECK(alive(paused, 1000s));
}

TEST_CASE("who may take part is ready", "[agent][read_answers]") {
  const auto ready = [](const NodeSnapshot& snapshot, const std::string& query = "") {
    return get(snapshot, "/readiness" + query) == status_line(200);
  };
  CHECK(ready(agent_leader()));
  CHECK(ready(agent_replica()));

  NodeSnapshot snapshot = agent_replica();
  snapshot.server.state = patroni::ServerState::starting;
  CHECK_FALSE(ready(snapshot));
  snapshot = agent_replica();
  snapshot.server.facts->replication_state = ReplicationState::in_archive_recovery;
  CHECK_FALSE(ready(snapshot));

  snapshot = agent_replica();
  snapshot.server.facts->received = 4900;
  CHECK(ready(snapshot, "?lag=500"));
  CHECK_FALSE(ready(snapshot, "?lag=499"));
  CHECK(ready(snapshot, "?lag=100&mode=write"));
  CHECK_FALSE(ready(snapshot, "?lag=99&mode=write"));
  CHECK_FALSE(ready(snapshot, "?lag=100&mode=apply"));
  CHECK(ready(snapshot, "?lag=nonsense"));
  snapshot.settings.maximum_lag_on_failover = 499;
  CHECK_FALSE(ready(snapshot));
  CHECK_FALSE(ready(snapshot, "?lag=nonsense"));
  CHECK(ready(snapshot, "?lag=500"));
}

TEST_CASE("a replica that knows neither cluster nor leader is ready in fail-safe mode only",
          "[agent][read_answers]") {
  NodeSnapshot snapshot = agent_replica();
  snapshot.cluster->valid_until = agent_now;
  CHECK(get(snapshot, "/readiness").status == 200);  // the receiver knows where the leader is
  snapshot.server.facts->leader_end.reset();
  CHECK(get(snapshot, "/readiness").status == 503);
  snapshot.failsafe_is_active = true;
  CHECK(get(snapshot, "/readiness").status == 200);
}

TEST_CASE("some pages ask before they answer", "[agent][read_answers]") {
  NodeSnapshot snapshot = agent_replica();
  const TimePoint request_at = snapshot.server.facts->asked_at + 1ms;
  const auto needs = [&](ReadPage page) { return needs_of(page, snapshot, request_at, agent_now); };
  CHECK(needs(ReadPage::cluster) == Needs::new_reading);
  for (const ReadPage page :
       {ReadPage::patroni, ReadPage::history, ReadPage::config, ReadPage::health_check, ReadPage::metrics,
        ReadPage::failsafe, ReadPage::liveness, ReadPage::readiness}) {
    CHECK(needs(page) == Needs::nothing);
  }
  snapshot.cluster->leader.reset();
  CHECK(needs(ReadPage::patroni) == Needs::new_query);
  CHECK(needs(ReadPage::health_check) == Needs::nothing);
  snapshot.cluster->valid_until = agent_now;
  CHECK(needs(ReadPage::history) == Needs::new_reading);
  CHECK(needs(ReadPage::config) == Needs::new_reading);
}

TEST_CASE("an error page names what somebody sent without becoming HTML", "[agent][read_answers]") {
  const Answer page = error_page(501, "Unsupported method ('<b>&')");
  CHECK(page.status == 501);
  CHECK(page.body.find("&lt;b&gt;&amp;") != std::string::npos);
}
