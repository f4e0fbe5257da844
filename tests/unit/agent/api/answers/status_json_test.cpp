#include "agent/api/answers/status_json.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/agent_snapshot.h"

using namespace tamada;
using namespace tamada::agent;
using nlohmann::json;
using nlohmann::ordered_json;
using patroni::NodeRole;
using patroni::ServerState;

namespace {

json status_of(const NodeSnapshot& snapshot, TimePoint now = agent_now) {
  return json::parse(status_json(node_at(snapshot, now)));
}

}  // namespace

TEST_CASE("a leader's status has what a leader's of Patroni 4.1 has", "[agent][status_json]") {
  NodeSnapshot snapshot = agent_leader();
  snapshot.server.facts->wal_senders = {{"replicator", "pg2", "10.0.0.12", "streaming", "sync", 1},
                                        {std::nullopt, "psql", std::nullopt, "startup", "async", 0}};
  snapshot.pending_restart_reason = R"({"max_connections": {"old_value": "100", "new_value": "200"}})";
  snapshot.scheduled_restart = R"({"schedule": "2025-11-04T02:00:00+00:00"})";
  snapshot.effective_tags = R"({"clonefrom": true, "dc": "1"})";
  CHECK(ordered_json::parse(status_json(node_at(snapshot, agent_now))) == ordered_json::parse(R"(
{"state": "running", "postmaster_start_time": "2025-11-03 18:40:02.551209+00:00", "role": "primary", "server_version": 150006,
 "xlog": {"location": 5000}, "timeline": 3,
 "replication": [{"usename": "replicator", "application_name": "pg2", "client_addr": "10.0.0.12", "state": "streaming",
                  "sync_state": "sync", "sync_priority": 1},
                 {"usename": null, "application_name": "psql", "client_addr": null, "state": "startup",
                  "sync_state": "async", "sync_priority": 0}],
 "dcs_last_seen": 1762195301, "tags": {"clonefrom": true, "dc": "1"}, "database_system_identifier": "7567123412341234123",
 "pending_restart": true, "pending_restart_reason": {"max_connections": {"old_value": "100", "new_value": "200"}},
 "patroni": {"version": "4.1.4", "scope": "orders", "name": "pg1"},
 "tamada": {"version": "", "receiver_gone": null, "guard": {"state": "armed", "ends_in_ms": 9500}},
 "scheduled_restart": {"schedule": "2025-11-04T02:00:00+00:00"}})"));
}

TEST_CASE("a replica's status has what a replica's of Patroni 4.1 has", "[agent][status_json]") {
  NodeSnapshot snapshot = agent_replica();
  snapshot.server.facts->replayed_at = WallTime(std::chrono::seconds(1'762'195'300));
  snapshot.settings.paused = true;
  snapshot.failsafe_is_active = true;
  snapshot.watchdog_failed = true;
  CHECK(status_of(snapshot) == json::parse(R"(
{"state": "running", "postmaster_start_time": "2025-11-03 18:40:02.551209+00:00", "role": "replica", "server_version": 150006,
 "xlog": {"received_location": 5000, "replayed_location": 4500, "replayed_timestamp": "2025-11-03 18:41:40.000000+00:00",
          "paused": false},
 "timeline": 3, "replication_state": "streaming", "pause": true, "failsafe_mode_is_active": true,
 "dcs_last_seen": 1762195301, "database_system_identifier": "7567123412341234123",
 "patroni": {"version": "4.1.4", "scope": "orders", "name": "pg2"},
 "tamada": {"version": "", "receiver_gone": null, "guard": {"state": "disarmed"}}, "watchdog_failed": true})"));
}

TEST_CASE("what is not known stands as null, or not at all", "[agent][status_json]") {
  NodeSnapshot snapshot = agent_replica();
  ServerFacts& facts = *snapshot.server.facts;
  facts.timeline.reset();
  facts.received.reset();
  facts.replication_state = ReplicationState::none;
  facts.replay_paused = true;
  const json status = status_of(snapshot);
  CHECK(status.at("timeline").is_null());
  CHECK_FALSE(status.at("xlog").contains("received_location"));  // a null ends Patroni's reading of a peer
  CHECK(status.at("xlog").at("replayed_timestamp").is_null());
  CHECK(status.at("xlog").at("paused") == true);
  for (const char* key :
       {"replication_state", "replication", "tags", "pause", "cluster_unlocked", "sync_standby",
        "quorum_standby", "pending_restart", "watchdog_failed", "logger_queue_size"}) {
    CHECK_FALSE(status.contains(key));
  }
  facts.replication_state = ReplicationState::in_archive_recovery;
  CHECK(status_of(snapshot).at("replication_state") == "in archive recovery");
}

TEST_CASE("a node whose SQL does not answer is unknown and has no positions", "[agent][status_json]") {
  NodeSnapshot snapshot = agent_leader();
  snapshot.server.facts.reset();
  json status = status_of(snapshot);
  CHECK(status.at("state") == "unknown");
  CHECK(status.at("role") == "primary");
  for (const char* key : {"xlog", "timeline", "server_version", "postmaster_start_time"}) {
    CHECK_FALSE(status.contains(key));
  }
  snapshot.server.state = ServerState::starting;
  CHECK(status_of(snapshot).at("state") == "starting");
  snapshot = agent_leader();
  snapshot.server.facts->valid_until = agent_now;  // the loop hangs
  CHECK(status_of(snapshot).at("state") == "unknown");
  snapshot = agent_leader();
  snapshot.server.state = ServerState::stopped;  // an old answer is not believed of a server that is down
  CHECK(status_of(snapshot).at("state") == "stopped");
  CHECK_FALSE(status_of(snapshot).contains("xlog"));
}

TEST_CASE("a node without a database has a status", "[agent][status_json]") {
  NodeSnapshot snapshot;
  snapshot.scope = "orders";
  snapshot.name = "pg9";
  CHECK(status_of(snapshot) == json::parse(R"(
{"state": "stopped", "role": "uninitialized", "cluster_unlocked": true, "dcs_last_seen": 0,
 "patroni": {"version": "4.1.4", "scope": "orders", "name": "pg9"},
 "tamada": {"version": "", "receiver_gone": null, "guard": {"state": "missing"}}})"));
}

TEST_CASE("a cluster is unlocked without a leader, and where nobody knows it any more",
          "[agent][status_json]") {
  NodeSnapshot snapshot = agent_replica();
  CHECK_FALSE(status_of(snapshot).contains("cluster_unlocked"));
  snapshot.cluster->leader.reset();
  CHECK(status_of(snapshot).at("cluster_unlocked") == true);
  snapshot = agent_replica();
  snapshot.cluster->valid_until = agent_now;
  CHECK(status_of(snapshot).at("cluster_unlocked") == true);
}

TEST_CASE("synchronous standbys are told on replicas that the sync key names", "[agent][status_json]") {
  NodeSnapshot snapshot = agent_replica();
  snapshot.settings.synchronous_mode = patroni::SynchronousMode::on;
  snapshot.cluster->sync.standbys = {"pg3", "Pg2"};
  CHECK(status_of(snapshot).at("sync_standby") == true);
  CHECK_FALSE(status_of(snapshot).contains("quorum_standby"));
  snapshot.settings.synchronous_mode = patroni::SynchronousMode::quorum;
  CHECK(status_of(snapshot).at("quorum_standby") == true);
  CHECK_FALSE(status_of(snapshot).contains("sync_standby"));
  snapshot.settings.standby_cluster = true;
  CHECK_FALSE(status_of(snapshot).contains("quorum_standby"));
}

TEST_CASE("a standby cluster's replica tells the role that the agent holds it to be",
          "[agent][status_json]") {
  NodeSnapshot snapshot = agent_replica();
  snapshot.server.role = NodeRole::standby_leader;
  CHECK(status_of(snapshot).at("role") == "replica");
  snapshot.settings.standby_cluster = true;
  CHECK(status_of(snapshot).at("role") == "standby_leader");
  // Out of recovery it is a primary, whatever the agent thinks.
  snapshot.server.facts->in_recovery = false;
  CHECK(status_of(snapshot).at("role") == "primary");
}

TEST_CASE("while nobody holds the lock, peers are told only what was asked for after they came",
          "[agent][status_json]") {
  NodeSnapshot snapshot = agent_replica();
  snapshot.cluster->leader.reset();
  const TimePoint asked = snapshot.server.facts->asked_at;
  const auto told = [&](TimePoint request_at) {
    return json::parse(status_json(node_for_peers(snapshot, request_at, agent_now)));
  };
  CHECK(told(asked).contains("xlog"));
  const json old = told(asked + 1us);
  CHECK_FALSE(old.contains("xlog"));
  CHECK(old.at("role") == "replica");
  CHECK(wants_new_query(snapshot, asked + 1us, agent_now));
  CHECK_FALSE(wants_new_query(snapshot, asked, agent_now));

  snapshot.server.facts.reset();
  CHECK(wants_new_query(snapshot, asked, agent_now));
  snapshot.server.state = ServerState::stopped;  // nobody would answer
  CHECK_FALSE(wants_new_query(snapshot, asked + 1us, agent_now));

  snapshot =
      agent_replica();  // with a leader the last answer is good enough, but one that hands over waits for a newer one
  CHECK(told(asked + 1us).contains("xlog"));
  CHECK_FALSE(wants_new_query(snapshot, asked + 100ms, agent_now));
  CHECK(wants_new_query(snapshot, asked + 101ms, agent_now));
  snapshot.cluster->valid_until = agent_now;
  CHECK_FALSE(told(asked + 1us).contains("xlog"));
}

TEST_CASE("a node whose lock ran out claims no more to be a primary", "[agent][status_json]") {
  NodeSnapshot snapshot = agent_leader();
  snapshot.lock_valid_until = agent_now;
  json status = status_of(snapshot);
  CHECK(status.at("role") == "demoted");
  CHECK(status.at("state") == "unknown");
  CHECK_FALSE(status.contains("xlog"));
  CHECK(status_of(snapshot, agent_now - 1us).at("role") == "primary");
  // A query that was sent afterwards is told honestly, so that nobody is promoted beside it.
  snapshot.server.facts->asked_at = agent_now;
  CHECK(status_of(snapshot).at("role") == "primary");
  CHECK(status_of(snapshot).at("xlog").at("location") == 5000);
  snapshot = agent_leader();  // in pause a primary needs no lock
  snapshot.lock_valid_until = agent_now;
  snapshot.settings.paused = true;
  CHECK(status_of(snapshot).at("role") == "primary");
  snapshot = agent_leader();  // the loop has seen that the lock is gone, and goes on telling what SQL says
  snapshot.lock_valid_until = TimePoint::min();
  CHECK(status_of(snapshot).at("role") == "primary");
}

TEST_CASE("a log that does not get on is told of", "[agent][status_json]") {
  NodeSnapshot snapshot = agent_leader();
  snapshot.log_queue = 2;
  snapshot.log_lost = 5;
  CHECK_FALSE(status_of(snapshot).contains("logger_queue_size"));
  snapshot.log_queue = 3;
  CHECK(status_of(snapshot).at("logger_queue_size") == 3);
  CHECK(status_of(snapshot).at("logger_records_lost") == 5);
}

TEST_CASE("names with quotes and other letters stay JSON", "[agent][status_json]") {
  NodeSnapshot snapshot = agent_leader();
  snapshot.name = "pg\"1\\ \xc3\xa4";
  snapshot.scope = "bad \xff bytes\n";
  const json status = status_of(snapshot);
  CHECK(status.at("patroni").at("name") == snapshot.name);
  CHECK(status.at("patroni").at("scope") == "bad \xef\xbf\xbd bytes\n");
}

TEST_CASE("a vote is told to the other agents only together with a position", "[agent][status_json]") {
  NodeSnapshot snapshot = agent_replica();
  snapshot.agent_version = "0.1.0";
  snapshot.receiver_gone_since = 812;
  CHECK(status_of(snapshot).at("tamada").at("receiver_gone") == 812);
  snapshot.server.facts.reset();
  CHECK(status_of(snapshot).at("tamada").at("receiver_gone").is_null());
}

TEST_CASE("the guard is told with the time that is left", "[agent][status_json]") {
  NodeSnapshot snapshot = agent_leader();
  const auto guard = [&](TimePoint now) { return status_of(snapshot, now).at("tamada").at("guard"); };
  CHECK(guard(agent_now) == json::parse(R"({"state": "armed", "ends_in_ms": 9500})"));
  CHECK(guard(agent_now + 9499ms) == json::parse(R"({"state": "armed", "ends_in_ms": 1})"));
  CHECK(guard(agent_now + 60s) == json::parse(R"({"state": "armed", "ends_in_ms": 0})"));  // the loop hangs
  snapshot.guard.state = GuardState::fired;
  CHECK(guard(agent_now) == json::parse(R"({"state": "fired"})"));
  snapshot.guard.state = GuardState::missing;
  CHECK(guard(agent_now) == json::parse(R"({"state": "missing"})"));
}
