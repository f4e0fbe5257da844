// DynamicSettings: the shared configuration of a cluster (the key /config) as an agent uses it: every setting
// that only stands there, understood, with Patroni's defaults. Values; no JSON.
//
// What a node may also write into its own file (postgresql.parameters, pg_hba, callbacks, ...) is not here:
// postgres_parameters.h and agent/config/effective_postgres.h merge that.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "common/patroni/dynamic_config.h"

namespace tamada::patroni {

// A replication slot that is kept whoever uses it: `slots`.
struct PermanentSlot {
  enum class Type : std::uint8_t { physical, logical };
  std::string name;
  Type type = Type::physical;
  std::string database;      // logical
  std::string plugin;        // logical
  std::string cluster_type;  // "primary" or "standby": only there; empty: everywhere
  bool operator==(const PermanentSlot&) const = default;
};

// Slots that are somebody else's: one is left alone where all the fields that are given here are its own.
struct IgnoredSlot {
  std::optional<std::string> name;
  std::optional<std::string> type;
  std::optional<std::string> database;
  std::optional<std::string> plugin;
  bool operator==(const IgnoredSlot&) const = default;
};

struct DynamicSettings {
  // Adjusted to each other (cluster_times.h).
  Duration ttl = 30s;
  Duration loop_wait = 10s;
  Duration retry_timeout = 10s;

  std::int64_t maximum_lag_on_failover = 1'048'576;  // bytes
  std::int64_t maximum_lag_on_syncnode = -1;         // bytes; 0 or less: no limit
  std::uint32_t max_timelines_history = 0;           // 0: all
  bool check_timeline = false;
  Duration primary_start_timeout = 300s;  // 0: fail over at once
  Duration primary_stop_timeout = 0s;     // in synchronous mode; 0: no limit
  Duration primary_race_backoff = 0s;

  SynchronousMode synchronous_mode = SynchronousMode::off;
  bool synchronous_mode_strict = false;
  std::uint32_t synchronous_node_count = 1;  // at least 1

  bool failsafe_mode = false;
  bool pause = false;
  bool standby_cluster = false;  // is there one that says whom to follow?

  Duration member_slots_ttl = 1800s;  // 0: a member's slot goes with its key
  std::vector<PermanentSlot> slots;
  std::vector<IgnoredSlot> ignore_slots;

  // Of the section postgresql. Slots are used by all members or by none; the others a node's own file may
  // overrule, so nothing here means that nobody said anything.
  bool use_slots = true;
  std::optional<bool> use_pg_rewind;
  std::optional<bool> remove_data_directory_on_rewind_failure;
  std::optional<bool> remove_data_directory_on_diverged_timelines;

  bool operator==(const DynamicSettings&) const = default;
};

}  // namespace tamada::patroni
