#include "agent/api/answers/cluster_json.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "common/patroni/cluster_members.h"
#include "tests/support/agent_snapshot.h"

using namespace tamada;
using namespace tamada::agent;
using nlohmann::json;
using patroni::SynchronousMode;

namespace {

json cluster_of(const NodeSnapshot& snapshot) {
  return json::parse(cluster_json(snapshot, *snapshot.cluster));
}

json member_of(const NodeSnapshot& snapshot, std::string_view name) {
  const json cluster = cluster_of(snapshot);
  for (const json& member : cluster.at("members")) {
    if (member.at("name") == name) return member;
  }
  return {};
}

}  // namespace

TEST_CASE("a cluster is shown as Patroni 4.1 shows it, sorted by name", "[agent][cluster_json]") {
  CHECK(cluster_of(agent_leader()) == json::parse(R"(
{"members": [
  {"name": "pg1", "role": "leader", "state": "running", "api_url": "http://pg1:8008/patroni", "host": "pg1", "port": 5432,
   "timeline": 3},
  {"name": "pg2", "role": "replica", "state": "streaming", "api_url": "http://pg2:8008/patroni", "host": "pg2", "port": 5432,
   "timeline": 3, "receive_lsn": "0/1388", "receive_lag": 0, "replay_lsn": "0/1194", "replay_lag": 500, "lsn": "0/1388",
   "lag": 0},
  {"name": "pg3", "role": "replica", "state": "streaming", "api_url": "http://pg3:8008/patroni", "host": "pg3", "port": 5432,
   "timeline": 3, "receive_lsn": "0/FA0", "receive_lag": 1000, "replay_lsn": "0/DAC", "replay_lag": 1500, "lsn": "0/FA0",
   "lag": 1000}], "scope": "orders"})"));
}

TEST_CASE("the router reads what the agent shows of its cluster", "[agent][cluster_json]") {
  NodeSnapshot snapshot = agent_leader();
  snapshot.cluster->failover = FailoverView{"pg1", "pg2", "2026-11-04T03:30:00+00:00", 7};
  snapshot.settings.paused = true;
  const auto cluster = patroni::parse_cluster_members(cluster_json(snapshot, *snapshot.cluster));
  REQUIRE(cluster);
  REQUIRE(cluster->leader() != nullptr);
  CHECK(cluster->leader()->name == "pg1");
  CHECK(cluster->pause);
  REQUIRE(cluster->scheduled_switchover);
  CHECK(cluster->scheduled_switchover->to == "pg2");
}

TEST_CASE("a member that tells no position has unknown lags", "[agent][cluster_json]") {
  NodeSnapshot snapshot = agent_leader();
  for (MemberView& member : snapshot.cluster->members) {
    member.lsn = 0;
    member.receive_lsn.reset();
    member.replay_lsn.reset();
  }
  const json member = member_of(snapshot, "pg2");
  for (const char* key : {"lsn", "lag", "receive_lsn", "receive_lag", "replay_lsn", "replay_lag"}) {
    CHECK(member.at(key) == "unknown");
  }
}

TEST_CASE("a member ahead of what etcd knows of the leader lags by nothing", "[agent][cluster_json]") {
  NodeSnapshot snapshot = agent_leader();
  snapshot.cluster->leader_position = 1;
  CHECK(member_of(snapshot, "pg2").at("lag") == 0);
  CHECK(member_of(snapshot, "pg2").at("replay_lag") == 0);
}

TEST_CASE("synchronous standbys are shown by their mode", "[agent][cluster_json]") {
  NodeSnapshot snapshot = agent_leader();
  snapshot.cluster->sync.standbys = {"pg2"};
  CHECK(member_of(snapshot, "pg2").at("role") == "replica");
  snapshot.settings.synchronous_mode = SynchronousMode::on;
  CHECK(member_of(snapshot, "pg2").at("role") == "sync_standby");
  CHECK(member_of(snapshot, "pg3").at("role") == "replica");
  snapshot.settings.synchronous_mode = SynchronousMode::quorum;
  CHECK(member_of(snapshot, "pg2").at("role") == "quorum_standby");
}

TEST_CASE("a standby cluster's leader streams and has no lag", "[agent][cluster_json]") {
  NodeSnapshot snapshot = agent_leader();
  snapshot.settings.standby_cluster = true;
  for (MemberView& member : snapshot.cluster->members) member.replication_state = "streaming";
  CHECK(member_of(snapshot, "pg1").at("role") == "standby_leader");
  CHECK(member_of(snapshot, "pg1").at("state") == "streaming");
  CHECK_FALSE(member_of(snapshot, "pg1").contains("lag"));
}

TEST_CASE("what a member's key tells besides is shown as it stands there", "[agent][cluster_json]") {
  NodeSnapshot snapshot = agent_leader();
  MemberView& member = snapshot.cluster->members.front();
  member.pending_restart = true;
  member.pending_restart_reason = R"({"wal_level": {"old_value": "replica", "new_value": "logical"}})";
  member.scheduled_restart = R"({"schedule": "2026-11-04T02:00:00+00:00", "postmaster_start_time": "x"})";
  member.tags = R"({"nosync": true})";
  member.port = 0;
  member.timeline.reset();
  const json shown = member_of(snapshot, "pg2");
  CHECK(shown.at("pending_restart") == true);
  CHECK(shown.at("pending_restart_reason").at("wal_level").at("new_value") == "logical");
  CHECK(shown.at("scheduled_restart").at("schedule") == "2026-11-04T02:00:00+00:00");
  CHECK(shown.at("tags").at("nosync") == true);
  CHECK_FALSE(shown.contains("port"));
  CHECK_FALSE(shown.contains("timeline"));
  member.host.clear();
  CHECK_FALSE(member_of(snapshot, "pg2").contains("host"));
}

TEST_CASE("only a switchover for a time to come is shown as scheduled", "[agent][cluster_json]") {
  NodeSnapshot snapshot = agent_leader();
  snapshot.cluster->failover = FailoverView{"pg1", "pg2", "", 7};
  CHECK_FALSE(cluster_of(snapshot).contains("scheduled_switchover"));
  snapshot.cluster->failover = FailoverView{"", "", "2026-11-04T03:30:00+00:00", 7};
  CHECK(cluster_of(snapshot).at("scheduled_switchover") == json{{"at", "2026-11-04T03:30:00+00:00"}});
}

TEST_CASE("positions are written as PostgreSQL writes them", "[agent][cluster_json]") {
  CHECK(lsn_text(0) == "0/0");
  CHECK(lsn_text(5368709120120) == "4E2/78");
  CHECK(lsn_text(0x16B374D848) == "16/B374D848");
}
