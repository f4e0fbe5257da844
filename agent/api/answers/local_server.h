// LocalServer: what this node's PostgreSQL is and says, as the REST API shows it. A value, made by the control loop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/api/answers/wall_time.h"
#include "common/base/time.h"
#include "common/patroni/node_status.h"
#include "common/patroni/server_state.h"

namespace tamada::agent {

// One row of pg_stat_replication. Fields that SQL told as null are not set.
struct WalSender {
  std::optional<std::string> usename;
  std::optional<std::string> application_name;
  std::optional<std::string> client_addr;
  std::optional<std::string> state;
  std::optional<std::string> sync_state;
  std::optional<int> sync_priority;
};

enum class ReplicationState { none, streaming, in_archive_recovery };

// What one query told, about one moment. Positions are byte positions in the WAL.
struct ServerFacts {
  TimePoint asked_at{};  // when the query was sent: what it told was true then or later
  // Later than this nobody may take it for the present (the HA loop hangs, or SQL has not answered since).
  TimePoint valid_until{};

  std::optional<WallTime> postmaster_start_time;
  int server_version = 0;  // 150004
  bool in_recovery = true;
  // Out of recovery, and nothing keeps a client's write from being acknowledged: after a restart in place in synchronous
  // mode this comes with the first confirmation of a standby (agent-design.md, section 6).
  bool takes_writes = false;
  std::optional<std::uint32_t> timeline;

  std::uint64_t flushed = 0;  // out of recovery: what is on the leader's disk

  // In recovery. What was received: written by the WAL receiver, else received, else replayed, the first that is known.
  std::optional<std::uint64_t> received;
  std::optional<std::uint64_t> replayed;
  std::optional<WallTime> replayed_at;  // of the last replayed transaction
  bool replay_paused = false;
  std::optional<std::uint64_t>
      leader_end;  // latest_end_lsn of the WAL receiver: the leader's position as it told it
  ReplicationState replication_state = ReplicationState::none;

  std::vector<WalSender> wal_senders;
};

struct LocalServer {
  patroni::ServerState state = patroni::ServerState::stopped;
  // What the agent holds it to be, also while it does not run.
  patroni::NodeRole role = patroni::NodeRole::uninitialized;
  std::string system_identifier;     // empty: not known yet
  std::optional<ServerFacts> facts;  // none: SQL did not answer, or was not asked in this state
};

}  // namespace tamada::agent
