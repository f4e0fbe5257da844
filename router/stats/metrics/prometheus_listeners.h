// Tamada's own metrics of listeners, and of each node as a listener has it ("route").
#pragma once

#include <string>
#include <vector>

#include "router/stats/metrics/metrics_text.h"
#include "router/stats/stats_snapshot.h"

namespace tamada::router {

// `nodes` are the names of the snapshot's nodes (server_names).
void add_listener_metrics(MetricsText& out, const StatsSnapshot& snapshot,
                          const std::vector<std::string>& nodes);

}  // namespace tamada::router
