#include "router/shell/status_report.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace tamada::router {
namespace {

using Json = nlohmann::json;

constexpr TimePoint now{100s};

StatusReport a_report() {
  StatusReport report;
  report.version = "0.1.0";
  report.uptime = 12345ms;
  report.config_file = "router.yaml";
  report.config_generation = 3;
  report.leader = {NodeId{1}, "pg1", "pg1 says primary", TimePoint{90s}};

  NodeView node;
  node.id = NodeId{1};
  node.name = "pg1";
  node.configured_name = "first";
  node.role = "leader";
  node.state = "running";
  node.timeline = 7;
  node.postgres = *Address::from_ip("10.0.0.1", 5432);
  node.api_url = "http://first:8008";
  node.reason = "200 on /master";
  node.heard = TimePoint{99500ms};
  report.nodes = {node};
  report.admin = {{AdminState::ready, {{"read", AdminState::drain}}}};

  ListenerStatus listener;
  listener.id = ListenerId{1};
  listener.name = "write";
  listener.bind = {"127.0.0.1:5000"};
  listener.sessions = 4;
  listener.sessions_on = {{NodeId{1}, 4}, {NodeId{2}, 1}};
  listener.totals.accepted = 9;
  report.listeners = {listener};
  report.targets = {Target::leader};
  return report;
}

TEST_CASE("the status has the shape that others read", "[status_report]") {
  StatusReport report = a_report();
  FactHistory history;
  history.add({"leader.confirmed", "pg1", "says primary", false},
              std::chrono::system_clock::time_point(1234ms));
  report.history = &history;

  CHECK(Json::parse(to_json(report, now)) == Json::parse(R"({
    "version": "0.1.0", "uptime_s": 12,
    "config": {"file": "router.yaml", "generation": 3, "error": null},
    "leader": {"node": "pg1", "since_s": 10, "reason": "pg1 says primary"},
    "nodes": [{"name": "pg1", "configured_name": "first", "role": "leader", "state": "running", "timeline": 7,
               "lag_bytes": null, "address": "10.0.0.1:5432", "api": "http://first:8008",
               "reason": "200 on /master", "heard_ms": 500, "admin": "ready",
               "admin_listeners": {"read": "drain"}, "leaving": false, "sessions": {"write": 4}}],
    "listeners": [{"name": "write", "bind": ["127.0.0.1:5000"], "to": "leader", "sessions": 4, "held": 0,
                   "starting": 0, "queued": 0, "paused": false,
                   "totals": {"accepted": 9, "denied": 0, "refused": 0, "held": 0, "retried": 0, "cut": 0,
                              "cancels": 0, "bad_starts": 0, "up_bytes": 0, "down_bytes": 0}}],
    "etcd": null,
    "history": [{"at": "1970-01-01T00:00:01.234Z", "event": "leader.confirmed", "node": "pg1",
                 "words": "says primary"}]
  })"));
}

TEST_CASE("without a leader, the status says null and why", "[status_report]") {
  StatusReport report = a_report();
  report.leader = {{}, "", "nobody claims to be the leader", {}};
  report.config_error = "router.yaml:1:1: broken";
  report.etcd = EtcdStatus{"silent", std::nullopt, std::nullopt, "refused"};
  const Json json = Json::parse(to_json(report, now));
  CHECK(json["leader"] ==
        Json({{"node", nullptr}, {"since_s", nullptr}, {"reason", "nobody claims to be the leader"}}));
  CHECK(json["config"]["error"] == "router.yaml:1:1: broken");
  CHECK(json["etcd"] ==
        Json({{"state", "silent"}, {"leader_key", nullptr}, {"heard_ms", nullptr}, {"error", "refused"}}));
}

TEST_CASE("bytes that are no UTF-8 never break the status", "[status_report]") {
  StatusReport report = a_report();
  report.nodes[0].name = "pg\xff\xfe";
  report.nodes[0].reason = "\xc3";
  report.listeners[0].name = "wr\x80ite";
  const Json json = Json::parse(to_json(report, now), nullptr, false);
  REQUIRE_FALSE(json.is_discarded());
  CHECK(json["nodes"][0]["name"] == "pg\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_CASE("the history keeps the newest facts", "[fact_history]") {
  FactHistory history(2);
  for (const char* event : {"a", "b", "c"}) history.add({event, "", "", false}, {});
  REQUIRE(history.facts().size() == 2);
  CHECK(history.facts().front().event == "b");
  CHECK(history.facts().back().event == "c");
}

}  // namespace
}  // namespace tamada::router
