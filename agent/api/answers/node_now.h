// NodeNow: a snapshot judged at one moment: which of it still holds, and what follows from that. Health checks, the status
// and the metrics all look at this one judgement. Pure; valid as long as the snapshot.
#pragma once

#include <cstdint>
#include <optional>

#include "agent/api/answers/node_snapshot.h"

namespace tamada::agent {

struct NodeNow {
  const NodeSnapshot* snapshot = nullptr;
  TimePoint at{};                        // the moment that it is judged at
  const ClusterView* cluster = nullptr;  // null: not known, or for too long
  const ServerFacts* facts = nullptr;    // null: SQL did not answer, or too long ago
  bool holds_lock = false;
  bool is_unlocked = true;
  // None, shown as "unknown": PostgreSQL runs, and SQL does not answer.
  std::optional<patroni::ServerState> state;
  patroni::NodeRole role = patroni::NodeRole::uninitialized;
  bool is_sync_standby = false;    // listed in /sync, priority mode
  bool is_quorum_standby = false;  // listed in /sync, quorum mode

  [[nodiscard]] bool is_running() const { return state == patroni::ServerState::running; }
  // The lock is mine and PostgreSQL takes writes.
  [[nodiscard]] bool is_writable_leader() const {
    return holds_lock && is_running() && facts != nullptr && facts->takes_writes;
  }
  // Where the leader's WAL ends, as far as etcd and the WAL receiver tell; 0: nobody tells.
  [[nodiscard]] std::uint64_t leader_end() const;
  [[nodiscard]] std::uint64_t replayed() const;
  [[nodiscard]] std::uint64_t received() const;
};

[[nodiscard]] NodeNow node_at(const NodeSnapshot& snapshot, TimePoint now);
// The same for GET /patroni, which peers ask in a race: while nobody holds the leader key, only facts that were asked for
// after the request came count (agent-design.md, section 4). `request_at`: when it came.
[[nodiscard]] NodeNow node_for_peers(const NodeSnapshot& snapshot, TimePoint request_at, TimePoint now);
// Whether such a request should wait for a new query before it is answered: in a race always; while somebody leads, where
// the last facts are older than a tenth of a second, since a leader that hands over waits for a position.
[[nodiscard]] bool wants_new_query(const NodeSnapshot& snapshot, TimePoint request_at, TimePoint now);

}  // namespace tamada::agent
