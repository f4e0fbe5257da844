// The sections of GET /api/v1/state, each as JSON; for api_json.cpp only. docs/statistics.md describes them.
#pragma once

#include "router/stats/api/json_values.h"

namespace tamada::router::api {

// api_cluster.cpp
[[nodiscard]] Json router_section(const StatsSnapshot& snapshot);
[[nodiscard]] Json config_section(const StatsSnapshot& snapshot);
[[nodiscard]] Json cluster_section(const StatsSnapshot& snapshot);
[[nodiscard]] Json leader_section(const StatsSnapshot& snapshot);
[[nodiscard]] Json disagreements_section(const StatsSnapshot& snapshot);
// api_nodes.cpp
[[nodiscard]] Json nodes_section(const StatsSnapshot& snapshot);
// api_listeners.cpp
[[nodiscard]] Json listeners_section(const StatsSnapshot& snapshot);
// api_failovers.cpp
[[nodiscard]] Json failovers_section(const StatsSnapshot& snapshot);
[[nodiscard]] Json history_section(const StatsSnapshot& snapshot);

}  // namespace tamada::router::api
