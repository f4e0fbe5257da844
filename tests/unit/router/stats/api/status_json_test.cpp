#include "router/stats/api/status_json.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace tamada::router {
namespace {

using Json = nlohmann::json;

StatsSnapshot a_small_snapshot() {
  StatsSnapshot snapshot;
  snapshot.now = TimePoint{100s};
  snapshot.process.version = "0.1.0";
  snapshot.process.started = TimePoint{87655ms};
  snapshot.config.file = "router.yaml";
  snapshot.config.generation = 3;
  snapshot.leader = {NodeId{1}, "pg1", "pg1 says primary", TimePoint{90s}};

  NodeStats node;
  node.view.id = NodeId{1};
  node.view.name = "pg1";
  node.view.configured_name = "first";
  node.view.role = "leader";
  node.view.state = "running";
  node.view.timeline = 7;
  node.view.postgres = *Address::from_ip("10.0.0.1", 5432);
  node.view.api_url = "http://first:8008";
  node.view.reason = "200 on /master";
  node.view.heard = TimePoint{99500ms};
  snapshot.nodes = {node};

  ListenerStats listener;
  listener.id = ListenerId{1};
  listener.name = "write";
  listener.bind = {"127.0.0.1:5000"};
  listener.sessions = 4;
  listener.accepted = 9;
  RouteStats route;
  route.node = NodeId{1};
  route.sessions = 4;
  listener.routes = {route};
  ListenerStats read = listener;
  read.name = "read";
  read.bind = {};
  read.to = Target::replica;
  read.routes[0].sessions = 0;
  read.routes[0].admin = AdminState::drain;
  snapshot.listeners = {listener, read};
  snapshot.history = {{WallTime(1234ms), FactKind::leader_confirmed, "pg1", "says primary", false}};
  return snapshot;
}

TEST_CASE("the status has the shape that others read", "[status_json]") {
  const Json json = Json::parse(status_json(a_small_snapshot()));
  CHECK(json["nodes"] == Json::parse(R"([
    {"name": "pg1", "configured_name": "first", "role": "leader", "state": "running", "timeline": 7,
     "lag_bytes": null, "address": "10.0.0.1:5432", "api": "http://first:8008", "reason": "200 on /master",
     "heard_ms": 500, "admin": "ready", "admin_listeners": {"read": "drain"}, "leaving": false,
     "sessions": {"write": 4, "read": 0}}])"));
  CHECK(json["listeners"][0] == Json::parse(R"(
    {"name": "write", "bind": ["127.0.0.1:5000"], "to": "leader", "sessions": 4, "held": 0, "starting": 0,
     "queued": 0, "paused": false,
     "totals": {"accepted": 9, "denied": 0, "refused": 0, "held": 0, "retried": 0, "cut": 0, "cancels": 0,
                "bad_starts": 0, "address_limited": 0, "up_bytes": 0, "down_bytes": 0}})"));
  CHECK(json["listeners"][1]["to"] == "replica");
  CHECK(json["history"] == Json::parse(R"([{"at": "1970-01-01T00:00:01.234Z", "event": "leader.confirmed",
                                            "node": "pg1", "words": "says primary"}])"));
  Json rest = json;
  for (const char* key : {"nodes", "listeners", "history"}) rest.erase(key);
  CHECK(rest == Json::parse(R"({
    "version": "0.1.0", "uptime_s": 12, "config": {"file": "router.yaml", "generation": 3, "error": null},
    "leader": {"node": "pg1", "since_s": 10, "reason": "pg1 says primary"}, "etcd": null})"));
}

TEST_CASE("without a leader, the status says null and why", "[status_json]") {
  StatsSnapshot snapshot = a_small_snapshot();
  snapshot.leader = {{}, "", "nobody claims to be the leader", {}};
  snapshot.config.errors = {"router.yaml:1:1: broken", "router.yaml:2:1: too"};
  snapshot.etcd = EtcdStats{EtcdState::silent, std::nullopt, std::nullopt, "refused"};
  const Json json = Json::parse(status_json(snapshot));
  CHECK(json["leader"] ==
        Json({{"node", nullptr}, {"since_s", nullptr}, {"reason", "nobody claims to be the leader"}}));
  CHECK(json["config"]["error"] == "router.yaml:1:1: broken\nrouter.yaml:2:1: too");
  CHECK(json["etcd"] ==
        Json({{"state", "silent"}, {"leader_key", nullptr}, {"heard_ms", nullptr}, {"error", "refused"}}));
}

TEST_CASE("bytes that are no UTF-8 never break the status", "[status_json]") {
  StatsSnapshot snapshot = a_small_snapshot();
  snapshot.nodes[0].view.name = "pg\xff\xfe";
  snapshot.nodes[0].view.reason = "\xc3";
  snapshot.listeners[0].name = "wr\x80ite";
  const Json json = Json::parse(status_json(snapshot), nullptr, false);
  REQUIRE_FALSE(json.is_discarded());
  CHECK(json["nodes"][0]["name"] == "pg\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_CASE("a node's state by hand is told by either name", "[status_json]") {
  const StatsSnapshot snapshot = a_small_snapshot();
  const Json expected{{"name", "first"}, {"state", "ready"}, {"listeners", {{"read", "drain"}}}};
  CHECK(Json::parse(node_admin_json(snapshot, "first").value()) == expected);
  CHECK(Json::parse(node_admin_json(snapshot, "pg1").value()) == expected);
  CHECK_FALSE(node_admin_json(snapshot, "pg2"));
}

}  // namespace
}  // namespace tamada::router
