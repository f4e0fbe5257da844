// What the decider is set to: the cluster's settings (from the key /config) and the node's own.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "common/base/time.h"

namespace tamada::ha {

// The same for all nodes. Defaults are Patroni's. Whoever reads /config has clamped them already.
struct ClusterSettings {
  std::chrono::seconds ttl{30};                     // of the leader key's lease
  Duration loop_wait = 10s;                         // how often the lock is renewed when nothing happens
  Duration retry_timeout = 10s;                     // of one call to etcd, all attempts together
  std::uint64_t maximum_lag_on_failover = 1048576;  // bytes
  std::int64_t maximum_lag_on_syncnode = -1;        // bytes; negative: no limit
  bool check_timeline = false;            // a candidate of an older timeline than the cluster's does not race
  Duration primary_start_timeout = 300s;  // 0: a crashed leader hands over at once if it can
  bool synchronous_mode = false;
  bool synchronous_mode_strict = false;
  std::uint32_t synchronous_node_count = 1;
  bool pause = false;
  bool use_pg_rewind = false;
  bool remove_data_on_rewind_failure = false;
  bool remove_data_on_diverged_timelines = false;
  // Something in /config that is not supported yet, in words. Who reads it does not race, and a leader goes on with
  // what was there before.
  std::string unsupported;

  bool operator==(const ClusterSettings&) const = default;
};

// Patroni's tags, as far as decisions depend on them.
struct NodeTags {
  bool nofailover = false;
  int failover_priority = 1;  // above 0
  int sync_priority = 1;      // 0: nosync
  bool nostream = false;
  std::string replicatefrom;  // a member's name; empty: the leader

  bool operator==(const NodeTags&) const = default;
};

struct NodeSettings {
  std::string name;
  NodeTags tags;
  bool may_bootstrap = true;  // there is a `bootstrap` section

  bool operator==(const NodeSettings&) const = default;
};

}  // namespace tamada::ha
