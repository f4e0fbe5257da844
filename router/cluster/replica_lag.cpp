#include "router/cluster/replica_lag.h"

#include <algorithm>

namespace tamada::router {

void ReplicaLag::leader_is_at(std::uint64_t position, TimePoint known_at) {
  positions_.push_back({known_at, position});
  if (history_.empty() || known_at - history_.back().known_at >= history_every) {
    history_.push_back(positions_.back());
    if (history_.size() > history_kept) history_.pop_front();
  }
  if (positions_.size() > kept) positions_.pop_front();
}

std::optional<std::uint64_t> ReplicaLag::lag(std::uint64_t replayed, TimePoint sent) const {
  for (auto sample = positions_.rbegin(); sample != positions_.rend(); ++sample) {
    if (sample->known_at > sent) continue;
    return sample->position > replayed ? sample->position - replayed : 0;
  }
  return std::nullopt;
}

// When the leader passed `position`, which lies between the two: as if it had moved evenly.
TimePoint ReplicaLag::reached(const Sample& before, const Sample& after, std::uint64_t position) {
  if (after.position <= before.position) return before.known_at;
  const double part =
      static_cast<double>(position - before.position) / static_cast<double>(after.position - before.position);
  const double span = static_cast<double>((after.known_at - before.known_at).count());
  return before.known_at + Duration(static_cast<Duration::rep>(part * span));
}

std::optional<Duration> ReplicaLag::lag_time(std::uint64_t replayed, TimePoint sent) const {
  const Sample* after = nullptr;  // the oldest one seen so far that lies beyond
  const auto look = [&](const std::deque<Sample>& samples) -> std::optional<Duration> {
    for (auto sample = samples.rbegin(); sample != samples.rend(); ++sample) {
      if (sample->known_at > sent || (after != nullptr && sample->known_at >= after->known_at)) continue;
      if (sample->position > replayed) {
        after = &*sample;
        continue;
      }
      if (after == nullptr) return Duration::zero();
      return std::max(sent - reached(*sample, *after, replayed), Duration::zero());
    }
    return std::nullopt;
  };
  if (auto span = look(positions_)) return span;
  if (auto span = look(history_)) return span;
  if (after == nullptr) return std::nullopt;
  return sent - after->known_at;
}

}  // namespace tamada::router
