#include "router/core/replica_lag.h"

namespace tamada::router {

void ReplicaLag::leader_is_at(std::uint64_t position, TimePoint known_at) {
  positions_.push_back({known_at, position});
  if (positions_.size() > kept) positions_.pop_front();
}

std::optional<std::uint64_t> ReplicaLag::lag(std::uint64_t replayed, TimePoint sent) const {
  for (auto sample = positions_.rbegin(); sample != positions_.rend(); ++sample) {
    if (sample->known_at > sent) continue;
    return sample->position > replayed ? sample->position - replayed : 0;
  }
  return std::nullopt;
}

}  // namespace tamada::router
