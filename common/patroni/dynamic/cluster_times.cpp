#include "common/patroni/dynamic/cluster_times.h"

#include <fmt/format.h>

namespace tamada::patroni {

namespace {

constexpr ClusterTimes least{.ttl = 20, .loop_wait = 1, .retry_timeout = 3};

}  // namespace

AdjustedTimes adjust_times(ClusterTimes asked) {
  AdjustedTimes adjusted{asked, {}};
  ClusterTimes& times = adjusted.times;
  const auto raise = [&](const char* key, std::int64_t& value, std::int64_t minimum) {
    if (value >= minimum) return;
    adjusted.notes.push_back({key, fmt::format("{} s is too low; taken as {} s", value, minimum)});
    value = minimum;
  };
  raise("loop_wait", times.loop_wait, least.loop_wait);
  raise("retry_timeout", times.retry_timeout, least.retry_timeout);
  raise("ttl", times.ttl, least.ttl);

  const auto cut = [&](const char* key, std::int64_t& value, std::int64_t to) {
    if (value == to) return;
    adjusted.notes.push_back(
        {key, fmt::format("{} s is too long for ttl {} s (loop_wait + 2 * retry_timeout may not exceed it); "
                          "taken as {} s",
                          value, times.ttl, to)});
    value = to;
  };
  if (least.loop_wait + 2 * times.retry_timeout > times.ttl) {
    cut("loop_wait", times.loop_wait, least.loop_wait);
    cut("retry_timeout", times.retry_timeout, (times.ttl - least.loop_wait) / 2);
  } else if (times.loop_wait + 2 * times.retry_timeout > times.ttl) {
    cut("loop_wait", times.loop_wait, times.ttl - 2 * times.retry_timeout);
  }
  return adjusted;
}

}  // namespace tamada::patroni
