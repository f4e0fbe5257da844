// What nodes and listeners are called in HAProxy's formats and in metrics.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "router/stats/stats_snapshot.h"

namespace tamada::router {

// In the order of snapshot.nodes: the names of the configuration, which stay while a node learns its own; on
// one line, and each only once (Prometheus refuses a whole scrape for one series that comes twice).
[[nodiscard]] std::vector<std::string> server_names(const StatsSnapshot& snapshot);

// The same for listeners, in the order of snapshot.listeners. None is called "stats".
[[nodiscard]] std::vector<std::string> proxy_names(const StatsSnapshot& snapshot);

// HAProxy's iid: the listener's id, which is stable. The statistics listener has none; its own is far off.
inline constexpr std::uint32_t stats_iid = 1'000'000;
inline constexpr std::string_view stats_proxy = "stats";

}  // namespace tamada::router
