// `/metrics`: first HAProxy's metrics with HAProxy's names and labels, so that dashboards and alerts made for
// it go on working; then Tamada's own. Text format 0.0.4 ("text/plain; version=0.0.4").
#pragma once

#include <string>
#include <string_view>

#include "router/stats/metrics/metrics_query.h"
#include "router/stats/metrics/metrics_text.h"
#include "router/stats/render_options.h"
#include "router/stats/stats_snapshot.h"

namespace tamada::router {

inline constexpr std::string_view metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

[[nodiscard]] std::string render_metrics(const StatsSnapshot& snapshot, const MetricsQuery& query,
                                         const RenderOptions& options);

// Its two halves.
void add_haproxy_metrics(MetricsText& out, const StatsSnapshot& snapshot, const MetricsQuery& query,
                         const RenderOptions& options);
void add_tamada_metrics(MetricsText& out, const StatsSnapshot& snapshot);

}  // namespace tamada::router
