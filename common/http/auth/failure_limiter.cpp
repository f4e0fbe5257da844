#include "common/http/auth/failure_limiter.h"

#include <algorithm>

namespace tamada::http {

Duration FailureLimiter::wait(const std::string& address, TimePoint now) const {
  const auto found = entries_.find(address);
  if (found == entries_.end() || found->second.failures < free_failures) return Duration::zero();
  const std::uint32_t doublings = std::min(found->second.failures - free_failures, std::uint32_t{6});
  const Duration pause = std::min<Duration>(1s * (std::int64_t{1} << doublings), longest);
  return std::max<Duration>(found->second.last + pause - now, Duration::zero());
}

void FailureLimiter::failed(const std::string& address, TimePoint now) {
  if (!entries_.contains(address) && entries_.size() >= addresses_max) {
    entries_.erase(std::min_element(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
      return a.second.last < b.second.last;
    }));
  }
  Entry& entry = entries_[address];
  ++entry.failures;
  entry.last = now;
}

}  // namespace tamada::http
