// ClusterView: the keys of one cluster in etcd at one revision, read and made sense of. A value, made by the control loop.
//
// Free-form parts are kept as JSON text: each holds exactly one valid JSON value as its reader checked it, and is shown as
// it stands here. An empty text: there is none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.h"
#include "common/patroni/dynamic_config.h"

namespace tamada::agent {

// Of a member's key. What the key does not hold is not set or empty.
struct MemberView {
  std::string name;
  std::string state;              // as told: "running", ...
  std::string replication_state;  // "streaming", ...
  std::string api_url;            // "http://10.0.0.1:8008/patroni"
  std::string host;               // of PostgreSQL
  std::uint16_t port = 0;         // 0: not told
  std::optional<std::uint32_t> timeline;
  std::optional<std::uint64_t> lsn;  // xlog_location
  std::optional<std::uint64_t> receive_lsn;
  std::optional<std::uint64_t> replay_lsn;
  bool pending_restart = false;
  std::string pending_restart_reason;  // a JSON object
  std::string scheduled_restart;       // a JSON object
  std::string tags;                    // a JSON object
};

struct SyncView {
  std::string leader;
  std::vector<std::string> standbys;  // the names of /sync, as written there
  // Upper and lower case are one, as for PostgreSQL's application_name.
  [[nodiscard]] bool names(std::string_view member) const;
};

// The failover key, where it asks for something.
struct FailoverView {
  std::string leader;         // empty: whoever leads
  std::string candidate;      // empty: whoever is fit
  std::string scheduled_at;   // ISO 8601 with a time zone; empty: now
  std::int64_t revision = 0;  // mod_revision, for a write on the condition that nobody changed it
};

struct ConfigView {
  std::string text;           // a JSON object
  std::int64_t revision = 0;  // mod_revision
};

struct ClusterView {
  std::int64_t revision = 0;  // of etcd, of the whole view
  TimePoint valid_until{};    // `ttl` after the last good reading: then nobody knows the cluster any more
  std::vector<MemberView> members;
  std::optional<std::string> leader;  // who holds the leader key; none: the cluster is unlocked
  std::uint64_t leader_position = 0;  // /status.optime; 0: not told
  SyncView sync;
  std::optional<FailoverView> failover;
  std::optional<ConfigView> config;  // none: no key, or none that can be read
  std::string history;               // a JSON list
  // What keeps everybody from leading until a person mends it, with what to do, in words; empty: nothing.
  std::string problem;

  [[nodiscard]] const MemberView* find(std::string_view name) const;
};

// What of the shared configuration the API obeys. It is kept while no valid configuration can be read.
struct ClusterSettings {
  Duration ttl = 30s;
  Duration loop_wait = 10s;
  bool paused = false;
  bool standby_cluster = false;
  bool failsafe_mode = false;
  patroni::SynchronousMode synchronous_mode = patroni::SynchronousMode::off;
  std::int64_t maximum_lag_on_failover = 1048576;  // bytes

  // A standby cluster has no synchronous mode.
  [[nodiscard]] bool is_synchronous() const {
    return synchronous_mode != patroni::SynchronousMode::off && !standby_cluster;
  }
  [[nodiscard]] bool is_quorum() const {
    return synchronous_mode == patroni::SynchronousMode::quorum && !standby_cluster;
  }
};

}  // namespace tamada::agent
