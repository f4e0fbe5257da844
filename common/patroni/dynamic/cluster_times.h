// The three times that all members of a cluster have to agree on, and Patroni's rule for them:
// loop_wait + 2 * retry_timeout <= ttl. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tamada::patroni {

// Whole seconds.
struct ClusterTimes {
  std::int64_t ttl = 30;
  std::int64_t loop_wait = 10;
  std::int64_t retry_timeout = 10;
  bool operator==(const ClusterTimes&) const = default;
};

struct TimesNote {
  std::string key;  // of the time that was changed
  std::string message;
};

struct AdjustedTimes {
  ClusterTimes times;
  std::vector<TimesNote> notes;  // one for each time that is not what was asked for
};

// What Python members make of the same three numbers: too low ones are raised (ttl 20, loop_wait 1,
// retry_timeout 3), then loop_wait is cut, and retry_timeout only where loop_wait cannot be cut enough.
[[nodiscard]] AdjustedTimes adjust_times(ClusterTimes asked);

}  // namespace tamada::patroni
