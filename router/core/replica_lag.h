// How far replicas are behind: ReplicaLag judges positions, LagLimit decides with hysteresis.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "common/base/time.h"

namespace tamada::router {

// Positions of the leader by the time they were known. A replica is compared with the newest one that was
// certainly sampled before its own, so that a replica which is up to date never seems to lag because its
// leader was asked later.
class ReplicaLag {
 public:
  // `known_at`: when the leader's answer was here; the position was sampled no later.
  void leader_is_at(std::uint64_t position, TimePoint known_at);
  // Another leader: its positions are of another history.
  void forget() { positions_.clear(); }

  // Bytes behind, 0 when ahead. nullopt: no position of the leader is known from before `sent`.
  [[nodiscard]] std::optional<std::uint64_t> lag(std::uint64_t replayed, TimePoint sent) const;

 private:
  struct Sample {
    TimePoint known_at;
    std::uint64_t position;
  };
  std::deque<Sample> positions_;  // oldest first
  static constexpr std::size_t kept = 32;
};

// A replica leaves above the limit and returns at four fifths of it. What cannot be judged (no position
// known, or no limit any more) changes nothing: nobody is excluded because of it.
class LagLimit {
 public:
  // True: too far behind.
  bool judge(std::optional<std::uint64_t> lag, std::optional<std::uint64_t> limit) {
    if (!limit) return exceeded_ = false;
    if (!lag) return exceeded_;
    if (*lag > *limit) return exceeded_ = true;
    if (*lag <= *limit / 5 * 4) return exceeded_ = false;
    return exceeded_;
  }

 private:
  bool exceeded_ = false;
};

}  // namespace tamada::router
