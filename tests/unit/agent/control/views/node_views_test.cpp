#include "agent/control/views/node_views.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "agent/api/answers/cluster_json.h"
#include "agent/api/answers/node_now.h"
#include "agent/api/answers/status_json.h"
#include "agent/control/views/cluster_keys_view.h"
#include "tests/support/agent_control_state.h"

using namespace tamada;
using namespace tamada::agent;
using patroni::NodeRole;
using patroni::ServerState;

namespace {

nlohmann::json status_of(const ControlState& state, TimePoint now = agent_now) {
  const SnapshotPtr snapshot = node_snapshot(state, now);
  return nlohmann::json::parse(status_json(node_at(*snapshot, now)));
}

std::string key_of(const ControlState& state, TimePoint now = agent_now) {
  return patroni::write_member_value(member_value(state, now));
}

ControlState stopped_state() {
  ControlState state = agent_standby_state();
  state.look.status.reset();
  state.look.view.kind = ha::ServerKind::stopped;
  state.look.view.control = ha::ControlState::shut_down;
  return state;
}

}  // namespace

TEST_CASE("a primary that holds the lock is told with its position", "[agent][views]") {
  const ControlState state = agent_primary_state();
  CHECK(key_of(state) ==
        R"({"conn_url":"postgres://10.0.0.1:5432/postgres","api_url":"http://10.0.0.1:8008/patroni",)"
        R"("state":"running","role":"primary","version":"4.1.4","xlog_location":5000,"timeline":3,)"
        R"("agent":"tamada-agent 0.1.0"})");
  const SnapshotPtr snapshot = node_snapshot(state, agent_now);
  CHECK(node_at(*snapshot, agent_now).is_writable_leader());
  CHECK_FALSE(node_at(*snapshot, agent_now + 10s).holds_lock);
  const auto status = status_of(state);
  CHECK(status["role"] == "primary");
  CHECK(status["xlog"] == nlohmann::json{{"location", 5000}});
  CHECK(status["postmaster_start_time"] == "2026-11-29 11:17:20.123456+00:00");
  CHECK(status["dcs_last_seen"] == 1'762'195'301);
  CHECK(status["database_system_identifier"] == "7567123412341234123");
  CHECK_FALSE(status.contains("cluster_unlocked"));
}

TEST_CASE("a guard that does not answer is told in the status, with what follows", "[agent][views]") {
  ControlState state = agent_primary_state();
  CHECK_FALSE(status_of(state)["tamada"].contains("problem"));
  CHECK_FALSE(status_of(state).contains("tags"));
  state.is_guard_missing = true;
  CHECK(status_of(state)["tags"] == nlohmann::json{{"nofailover", true}});
  CHECK(key_of(state).find(R"("tags":{"nofailover":true})") != std::string::npos);
  CHECK(status_of(state)["tamada"]["problem"] ==
        "the guard does not answer; without it no lock is kept, nor taken");
  state.disk_problem = "the disk is full";
  CHECK(status_of(state)["tamada"]["problem"] ==
        "the disk is full; the guard does not answer; without it no lock is kept, nor taken");
  state.disk_problem.clear();
  state.dynamic.pause = true;
  CHECK(status_of(state)["tamada"]["problem"] ==
        "the guard does not answer; in a pause nobody is demoted for that");
}

TEST_CASE("a standby that has what the leader has not is no candidate, and says so", "[agent][views]") {
  ControlState state = agent_standby_state();
  state.ha.has_diverged = true;
  CHECK(node_snapshot(state, agent_now)->has_diverged);
  CHECK(status_of(state)["tags"] == nlohmann::json{{"nofailover", true}});
  CHECK(key_of(state).find(R"("tags":{"nofailover":true})") != std::string::npos);
  CHECK_FALSE(status_of(state)["tamada"].contains("problem"));
  state.ha.is_stuck = true;
  const std::string problem = status_of(state)["tamada"]["problem"];
  INFO(problem);
  CHECK(problem.find("this node (timeline ") == 0);
  CHECK(problem.find("patronictl reinit") != std::string::npos);
}

TEST_CASE("a standby is told with what it received and replayed", "[agent][views]") {
  ControlState state = agent_standby_state();
  auto setup = agent_setup();
  setup->config.postgres.connect_address = {"fd00::1", 5432};
  setup->config.postgres.proxy_address = HostPort{"proxy", 6432};
  setup->config.restapi.connect_address = {"fd00::1", 8008};
  setup->config.restapi.certfile = "api.pem";
  setup->config.tags = NodeTags(ConfigValue{{"nofailover", false}, {"zone", "a"}, {"nosync", true}});
  setup->postgres.database = "the agent";
  state.setup = setup;
  CHECK(
      key_of(state) ==
      R"({"conn_url":"postgres://[fd00::1]:5432/the%20agent","api_url":"https://[fd00::1]:8008/patroni",)"
      R"("state":"running","role":"replica","version":"4.1.4","proxy_url":"postgres://proxy:6432/the%20agent",)"
      R"("tags":{"zone":"a","nosync":true},"xlog_location":5000,"replay_lsn":4500,"receive_lsn":5000,)"
      R"("replication_state":"streaming","timeline":3,"agent":"tamada-agent 0.1.0"})");
  const auto status = status_of(state);
  CHECK(status["role"] == "replica");
  CHECK(status["xlog"]["received_location"] == 5100);
  CHECK(status["xlog"]["replayed_location"] == 4500);
  CHECK(status["replication_state"] == "streaming");
  CHECK(status["tags"] == nlohmann::json{{"zone", "a"}, {"nosync", true}});
  const SnapshotPtr snapshot = node_snapshot(state, agent_now);
  CHECK(snapshot->tags.has("nosync", "true"));
  CHECK(snapshot->tags.nosync);
  CHECK(snapshot->server.facts->leader_end == 5200);
  CHECK(snapshot->lock_valid_until == TimePoint::min());

  state.look.status->receiver.reset();
  state.look.status->restore_command = "cp %f %p";
  CHECK(status_of(state)["replication_state"] == "in archive recovery");
}

TEST_CASE("a leader key that somebody put by hand is named, with what can be done", "[agent][views]") {
  ControlState state = agent_standby_state();
  CHECK_FALSE(status_of(state)["tamada"].contains("problem"));
  CHECK(leader_key_problem(state.keys).empty());
  const std::string prefix = "/service/orders/";
  state.keys = patroni::ClusterKeys::from_range(prefix, {{prefix + "leader", "rubbish", 5, 5, 0}}, 100);
  const std::string problem = leader_key_problem(state.keys);
  CHECK(problem.find("the leader key /service/orders/leader (\"rubbish\") has no lease") == 0);
  CHECK(problem.find("etcdctl del /service/orders/leader") != std::string::npos);
  CHECK(status_of(state)["tamada"]["problem"] == problem);
  const SnapshotPtr snapshot = node_snapshot(state, agent_now);
  CHECK(nlohmann::json::parse(cluster_json(*snapshot, *snapshot->cluster))["tamada"]["problem"] == problem);
}

TEST_CASE("a node that keeps itself out of the synchronous standbys says so everywhere", "[agent][views]") {
  ControlState state = agent_standby_state();
  const auto setup = agent_setup();
  state.setup = setup;
  CHECK_FALSE(status_of(state).contains("tags"));
  state.ha.stays_out_of_sync = true;
  const nlohmann::json expected{{"nosync", true}, {"sync_priority", 0}};
  CHECK(status_of(state)["tags"] == expected);
  CHECK(nlohmann::json::parse(key_of(state))["tags"] == expected);
  CHECK(member_value(state, agent_now).tags.nosync());
}

TEST_CASE("what was seen too long ago is shown no more", "[agent][views]") {
  const ControlState state = agent_primary_state();  // looked at a second before, every 3 s
  const SnapshotPtr snapshot = node_snapshot(state, agent_now);
  CHECK(node_at(*snapshot, agent_now + 7s).facts != nullptr);
  CHECK(node_at(*snapshot, agent_now + 8s).facts == nullptr);
  CHECK_FALSE(node_at(*snapshot, agent_now + 8s).state);
  CHECK(member_value(state, agent_now + 7s).xlog_location == 5000);
  CHECK_FALSE(member_value(state, agent_now + 8s).xlog_location);
}

TEST_CASE("what one look saw is shown while the next one is under way", "[agent][views]") {
  const ControlState state = agent_primary_state();
  const SnapshotPtr snapshot = node_snapshot(state, agent_now);
  const TimePoint slow = state.look.view.as_of + usual_look_interval + 4s;  // as long as one may take
  CHECK(node_at(*snapshot, slow).is_writable_leader());
}

TEST_CASE("a server that cannot be looked at is never called stopped", "[agent][views]") {
  ControlState state = agent_primary_state();
  state.look.status.reset();
  for (const ha::ServerKind kind : {ha::ServerKind::unknown, ha::ServerKind::hung}) {
    state.look.view.kind = kind;
    CHECK(status_of(state)["state"] == "unknown");
    CHECK(status_of(state)["role"] == "primary");  // it may write: peers must not race
    CHECK_FALSE(status_of(state).contains("xlog"));
    CHECK_FALSE(member_value(state, agent_now).xlog_location);
  }
  CHECK(member_value(state, agent_now).state == "running");
  state.look.view.kind = ha::ServerKind::unknown;
  CHECK(member_value(state, agent_now).state == "unknown");
  const ControlState nothing;
  CHECK(status_of(nothing)["state"] == "unknown");
  CHECK(status_of(nothing)["role"] == "uninitialized");
  CHECK(status_of(nothing)["cluster_unlocked"] == true);
}

TEST_CASE("a stopped server has the role that it ended in", "[agent][views]") {
  ControlState state = stopped_state();
  CHECK(server_state_of(state) == ServerState::stopped);
  CHECK(node_role_of(state) == NodeRole::demoted);
  state.ha.holds_lock = true;
  CHECK(node_role_of(state) == NodeRole::primary);
  state.has_crashed = true;
  CHECK(server_state_of(state) == ServerState::crashed);
  state.look.view.has_standby_signal = true;
  state.ha.holds_lock = false;
  CHECK(node_role_of(state) == NodeRole::replica);
  state.look.view.data = ha::DataState::absent;
  CHECK(node_role_of(state) == NodeRole::uninitialized);
  CHECK_FALSE(member_value(state, agent_now).xlog_location);
}

TEST_CASE("while an action runs its state is told", "[agent][views]") {
  ControlState state = stopped_state();
  state.look.view.data = ha::DataState::absent;
  state.action = ha::ActionKind::clone;
  CHECK(status_of(state)["state"] == "creating replica");
  CHECK(member_value(state, agent_now).role == "uninitialized");
  state.action_state = ServerState::starting;
  CHECK(member_value(state, agent_now).state == "starting");

  ControlState primary = agent_primary_state();
  primary.action = ha::ActionKind::restart;
  CHECK(member_value(primary, agent_now).state == "restarting");
  CHECK_FALSE(member_value(primary, agent_now).xlog_location);
  primary.action = ha::ActionKind::promote;
  CHECK(member_value(primary, agent_now).xlog_location == 5000);
}

TEST_CASE("pause, a fired guard, and what waits are told", "[agent][views]") {
  ControlState state = agent_primary_state();
  state.dynamic.pause = true;
  state.checkpoint_missing = true;
  state.pending_restart = {{"max_connections", "100", "200"}};
  state.scheduled_restart =
      patroni::ScheduledRestart{"2026-11-30T10:00:00+00:00", "2026-11-29 11:17:20.123456+00:00", {}};
  state.scheduled_restart->filters.emplace_back("role", "primary");
  const auto key = nlohmann::json::parse(key_of(state));
  CHECK(key["pause"] == true);
  CHECK(key["checkpoint_after_promote"] == false);
  CHECK(key["pending_restart"] == true);
  CHECK(key["scheduled_restart"]["postmaster_start_time"] == "2026-11-29 11:17:20.123456+00:00");
  const auto status = status_of(state);
  CHECK(status["pause"] == true);
  CHECK(status["pending_restart_reason"]["max_connections"]["new_value"] == "200");
  CHECK(status["scheduled_restart"] ==
        nlohmann::json{{"schedule", "2026-11-30T10:00:00+00:00"}, {"role", "primary"}});
  state.has_guard_fired = true;
  CHECK(node_snapshot(state, agent_now)->lock_valid_until == TimePoint::min());
  state.ha.holds_lock = false;
  CHECK_FALSE(nlohmann::json::parse(key_of(state)).contains("checkpoint_after_promote"));
}

TEST_CASE("the cluster is shown as its keys say, for ttl", "[agent][views]") {
  const ControlState state = agent_standby_state();
  const SnapshotPtr snapshot = node_snapshot(state, agent_now);
  REQUIRE(snapshot->cluster);
  CHECK(snapshot->cluster->valid_until == agent_now + 28s);
  CHECK(snapshot->cluster->leader == "pg2");
  CHECK(snapshot->cluster->config->revision == 42);
  const auto json = nlohmann::json::parse(cluster_json(*snapshot, *snapshot->cluster));
  REQUIRE(json["members"].size() == 1);
  const auto& member = json["members"][0];
  CHECK(member["role"] == "leader");
  CHECK(member["host"] == "fd00::2");
  CHECK(member["port"] == 5433);
  CHECK(member["tags"] == nlohmann::json{{"zone", "b"}});
  CHECK(member["pending_restart_reason"]["work_mem"]["old_value"] == "1MB");
}
