// ControlStates of a node pg1 for tests: a primary that holds the lock and a standby of it, at rest, as they are at `agent_now`.
// Each test changes what it is about.
#pragma once

#include <memory>
#include <string>

#include "agent/control/views/control_state.h"
#include "tests/support/agent_snapshot.h"

namespace tamada::agent {

inline std::shared_ptr<ServerSetup> agent_setup() {
  auto setup = std::make_shared<ServerSetup>();
  AgentConfig& config = setup->config;
  config.name = "pg1";
  config.scope = "orders";
  config.postgres.connect_address = {"10.0.0.1", 5432};
  config.restapi.connect_address = {"10.0.0.1", 8008};
  setup->server_version = 150006;
  return setup;
}

inline patroni::ClusterKeys agent_keys(const std::string& leader) {
  const std::string prefix = "/service/orders/";
  return patroni::ClusterKeys::from_range(
      prefix,
      {{prefix + "config", R"({"ttl":30})", 3, 42, 0},
       {prefix + "leader", leader, 5, 5, 77},
       {prefix + "members/pg2",
        R"({"conn_url":"postgres://[fd00::2]:5433/postgres","api_url":"http://pg2:8008/patroni","state":"running",)"
        R"("role":"replica","version":"4.1.4","tags":{"zone":"b"},"pending_restart":true,)"
        R"("pending_restart_reason":{"work_mem":{"old_value":"1MB","new_value":"2MB"}},"xlog_location":4000,)"
        R"("replay_lsn":3900,"receive_lsn":4000,"replication_state":"streaming","timeline":3})",
        6, 6, 78},
       {prefix + "status", R"({"optime":5000})", 7, 90, 0}},
      100);
}

inline ControlState agent_primary_state() {
  ControlState state;
  state.setup = agent_setup();
  ha::ServerView& view = state.look.view;
  view.as_of = agent_now - 1s;
  view.data = ha::DataState::present;
  view.kind = ha::ServerKind::primary;
  view.timeline = 3;
  view.postmaster = 1;
  ServerStatus status;
  status.server_version = 150006;
  status.postmaster_start_time = "2026-11-29 11:17:20.123456+00:00";
  status.timeline = 3;
  status.flushed = 5000;
  state.look.status = status;
  state.takes_writes = true;
  state.system_id = "7567123412341234123";
  state.keys = agent_keys("pg1");
  state.heard = agent_now - 2s;
  state.heard_at = 1'762'195'301;
  state.ha.holds_lock = true;
  state.ha.lock_valid_until = agent_now + 10s;
  state.ha.may_write = true;
  state.next_run = agent_now + 5s;
  return state;
}

inline ControlState agent_standby_state() {
  ControlState state = agent_primary_state();
  state.look.view.kind = ha::ServerKind::standby;
  ServerStatus& status = *state.look.status;
  status.in_recovery = true;
  status.timeline.reset();
  status.flushed.reset();
  status.received = 5000;
  status.replayed = 4500;
  ReceiverStatus receiver;
  receiver.status = "streaming";
  receiver.written = 5100;
  receiver.flushed = 5000;
  receiver.latest_end = 5200;
  status.receiver = receiver;
  state.takes_writes = false;
  state.keys = agent_keys("pg2");
  state.ha = {};
  return state;
}

}  // namespace tamada::agent
