// StreamWatch: whether one replica receives the leader's WAL as a stream, as its newest answer shows.
//
// Patroni tells it from 3.1 on: "streaming", "in archive recovery" (the WAL comes from an archive, one
// segment at a time), or nothing where there is no walreceiver and no archive either. Patroni 3.0 does not
// tell it. Then a replica counts as stopped when its position has stood still for `stalled_after` while the
// leader had gone on from there, that long ago as well: one that is only slow moves, and a leader at rest
// leaves nobody behind.
//
// When it cannot know (no running standby, no position of the leader known): unknown, or, by positions, as it
// was. Nobody is excluded for what is not known.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/base/time.h"
#include "common/patroni/node_status.h"

namespace tamada::router {

enum class Replication {
  unknown,
  streaming,
  in_archive_recovery,
  stopped,  // neither, or its position stands still
};

// "streaming", "in archive recovery", "not streaming"; empty: unknown
[[nodiscard]] std::string_view name_of(Replication replication);

class StreamWatch {
 public:
  static constexpr Duration stalled_after = 10s;

  // `behind`: how long before `sent` the leader was where this node has received to (ReplicaLag::lag_time).
  // Answers come in the order of `sent`.
  void hear(const patroni::NodeStatus& status, TimePoint sent, std::optional<Duration> behind);
  void forget() { *this = {}; }

  [[nodiscard]] Replication replication() const { return replication_; }
  // It is known not to stream.
  [[nodiscard]] bool is_lost() const {
    return replication_ == Replication::in_archive_recovery || replication_ == Replication::stopped;
  }

  // How far it has received: what the archive brought counts as well.
  [[nodiscard]] static std::optional<std::uint64_t> position_of(const patroni::NodeStatus& status);

 private:
  Replication replication_ = Replication::unknown;
  std::optional<std::uint64_t> position_;
  TimePoint moved_ = {};  // when an answer first showed `position_`
};

}  // namespace tamada::router
