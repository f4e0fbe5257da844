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
  void forget() {
    positions_.clear();
    history_.clear();
  }

  // Bytes behind, 0 when ahead. nullopt: no position of the leader is known from before `sent`.
  [[nodiscard]] std::optional<std::uint64_t> lag(std::uint64_t replayed, TimePoint sent) const;
  // How long before `sent` the leader was there: 0 where it has not gone on since, so that a cluster at rest
  // does not seem to lag. Exact to the leader's polls for half a minute, to `history_every` for an hour; who
  // is farther behind gets the age of the oldest position known. nullopt: as in lag().
  [[nodiscard]] std::optional<Duration> lag_time(std::uint64_t replayed, TimePoint sent) const;

 private:
  struct Sample {
    TimePoint known_at;
    std::uint64_t position;
  };
  std::deque<Sample> positions_;  // oldest first
  [[nodiscard]] static TimePoint reached(const Sample& before, const Sample& after, std::uint64_t position);
  std::deque<Sample> history_;  // one per `history_every`, oldest first
  static constexpr std::size_t kept = 32;
  static constexpr std::size_t history_kept = 360;
  static constexpr Duration history_every = 10s;
};

// A replica leaves above the limit and returns at four fifths of it. What cannot be judged (no position
// known, or no limit any more) changes nothing: nobody is excluded because of it.
class LagLimit {
 public:
  // True: too far behind. `Lag`: bytes, or a Duration.
  template <class Lag>
  bool judge(std::optional<Lag> lag, std::optional<Lag> limit) {
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
