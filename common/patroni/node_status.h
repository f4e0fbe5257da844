// NodeStatus: the JSON body of Patroni's GET /master, /primary, /replica or /patroni, from 3.0 to 4.x. The
// same body comes with 200 and with 503.
//
// Keys that are not known are ignored. A known key with a wrong type is an Error that names the key, the
// found and the expected: what cannot be read is not believed in part. null is the same as absent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/patroni/patroni_tags.h"

namespace tamada::patroni {

// What PostgreSQL on the node is, in the words of Patroni.
enum class NodeRole {
  unknown,  // a word of a version to come: role_text has it. Fit for nothing.
  primary,  // "primary" since 4.0, "master" before
  replica,
  standby_leader,
  demoted,
  promoted,
  uninitialized,
};
// Patroni's word ("master" and "primary" both mean primary); unknown for any other.
[[nodiscard]] NodeRole node_role(std::string_view text);
// "primary", "standby_leader", ..., "unknown"
[[nodiscard]] std::string_view name_of(NodeRole role);

struct NodeStatus {
  std::string state;  // "running", "starting", "stopping", "stopped", "unknown" (Patroni's SQL failed), ...
  std::string role_text;  // as sent
  NodeRole role = NodeRole::unknown;

  std::optional<std::uint32_t> timeline;
  // Byte positions in the WAL. A primary has `location`, a replica the two others; none if Patroni's SQL
  // failed.
  std::optional<std::uint64_t> location;
  std::optional<std::uint64_t> received_location;
  std::optional<std::uint64_t> replayed_location;
  std::string replication_state;  // "streaming", "in archive recovery"; empty if not told (always before 4.0)
  bool sync_standby = false;
  bool quorum_standby = false;

  bool pause = false;             // the cluster is in maintenance mode
  bool cluster_unlocked = false;  // nobody holds the leader key, as far as this node knows
  bool failsafe_mode_is_active = false;
  bool pending_restart = false;
  std::optional<std::int64_t> dcs_last_seen;    // seconds since 1970 on that node's clock; 0: never
  std::optional<std::uint32_t> server_version;  // 150004

  PatroniTags tags;
  std::string postmaster_start_time;  // as sent; empty if not told (not running, Patroni's SQL failed)
  std::string system_identifier;      // "database_system_identifier"; empty if not told
  std::string patroni_version;        // "3.0.2"; the three are empty if not told
  std::string scope;                  // the cluster's name
  std::string name;                   // the node's name (4.0 and later)

  [[nodiscard]] bool is_running() const { return state == "running"; }
  bool operator==(const NodeStatus&) const = default;
};

// `body` is the whole body. Fails (invalid; too_large beyond 1 MiB, or more nested or numerous values than
// any Patroni sends) without consequences: no exception leaves, memory stays within a few MiB.
[[nodiscard]] Result<NodeStatus> parse_node_status(std::string_view body);

}  // namespace tamada::patroni
