// How the parts of a StatsSnapshot are made from what the parts of the control loop tell. Pure.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "router/balance/route_states.h"
#include "router/cluster/cluster_view.h"
#include "router/config/router_config.h"
#include "router/control/admin_states.h"
#include "router/history/chart_book.h"
#include "router/history/fact_history.h"
#include "router/session/worker_pool.h"
#include "router/stats/stats_snapshot.h"

namespace tamada::router {

// What is known of a listener, from the different parts.
struct ListenerParts {
  const ListenerStatus& status;
  const ListenerConfig* config;  // null: taken out of the configuration
  const ListenerView* view;      // null: so, too
  const std::vector<NodeView>& nodes;
  const std::vector<NodeAdmin>& admin;  // of nodes[i]
  const RouteStates& routes;
  const ChartBook& charts;
};
[[nodiscard]] ListenerStats listener_stats(const ListenerParts& parts, TimePoint now);

// What the charts are drawn of.
[[nodiscard]] ListenerSample sample_of(const ListenerStatus& status);

[[nodiscard]] std::vector<PastFactStats> history_stats(const std::deque<PastFact>& facts);

}  // namespace tamada::router
