// NodeSnapshot: everything the REST API shows, at one moment of the HA loop. The control loop makes one whenever something
// has changed and publishes it; it is never changed afterwards, so any thread may read it.
//
// What depends on the time is kept as the moment until which it holds, and judged as each answer is sent: an API that
// outlives a hung HA loop does not claim to lead (agent-design.md, section 4).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "agent/api/answers/cluster_view.h"
#include "agent/api/answers/guard_view.h"
#include "agent/api/answers/local_server.h"
#include "common/base/time.h"
#include "common/patroni/patroni_tags.h"

namespace tamada::agent {

struct NodeSnapshot {
  std::string version = "4.1.4";  // what Patroni's members branch on: digits and dots only
  std::string agent_version;      // of tamada-agent; empty: not told
  std::string scope;
  std::string name;

  LocalServer server;
  // The WAL receiver was stopped, and seen gone, when the store showed no leader at this revision of etcd: the positions of
  // `server` were read afterwards and are final, a vote. None: the receiver runs, or may start again.
  std::optional<std::int64_t> receiver_gone_since;
  ClusterSettings settings;
  std::optional<ClusterView> cluster;  // none: etcd has not been read yet

  // The lock is mine until then, at most; at the latest then the guard has fired. TimePoint::min(): it is not mine, or the
  // guard has fired already.
  TimePoint lock_valid_until = TimePoint::min();
  TimePoint next_run{};            // when the HA loop means to run next
  std::int64_t dcs_last_seen = 0;  // seconds since 1970: the last good answer of etcd; 0: none yet
  bool failsafe_is_active = false;
  // The last /failsafe that was read, names and their api_url; none: there is no such key.
  std::optional<std::map<std::string, std::string>> failsafe;

  patroni::PatroniTags tags;   // this node's own, as ?tag_NAME=VALUE compares them
  std::string effective_tags;  // a JSON object, as they are shown; empty: none
  int failover_priority = 1;

  std::string
      pending_restart_reason;     // a JSON object {setting: {old_value, new_value}}; empty: none is pending
  std::string scheduled_restart;  // a JSON object {schedule, ...}, without postmaster_start_time; empty: none
  GuardView guard;
  bool has_diverged = false;  // it has what the leader has not: not fit for reads
  bool watchdog_failed = false;
  std::string problem;          // what is wrong with this node, a sentence for people; empty: nothing
  std::uint64_t log_queue = 0;  // lines that wait for the log; shown where it is more than usual
  std::uint64_t log_lost = 0;
};

using SnapshotPtr = std::shared_ptr<const NodeSnapshot>;

// --- What holds at `now`

[[nodiscard]] bool holds_lock(const NodeSnapshot& snapshot, TimePoint now);
// Null: nobody has told how the cluster is for too long.
[[nodiscard]] const ClusterView* cluster_at(const NodeSnapshot& snapshot, TimePoint now);
// The lock was mine, ran out, and the loop has not said yet what became of it. In pause nothing depends on it.
[[nodiscard]] bool lock_ran_out(const NodeSnapshot& snapshot, TimePoint now);
// Null: SQL did not answer, or what it told is too old: also where it was a primary and the lock has run out since, as the
// guard has ended it.
[[nodiscard]] const ServerFacts* facts_at(const NodeSnapshot& snapshot, TimePoint now);
// Nobody holds the leader key, as far as can be known: also where the cluster is not known.
[[nodiscard]] bool is_unlocked(const NodeSnapshot& snapshot, TimePoint now);

}  // namespace tamada::agent
