#include "router/stats/metrics/prometheus.h"

namespace tamada::router {

std::string render_metrics(const StatsSnapshot& snapshot, const MetricsQuery& query,
                           const RenderOptions& options) {
  constexpr std::size_t bytes_at_rest = 40'000;
  constexpr std::size_t bytes_per_route = 7'000;  // mostly names and labels of HAProxy's states
  MetricsText out(query, bytes_at_rest + snapshot.nodes.size() * snapshot.listeners.size() * bytes_per_route);
  add_haproxy_metrics(out, snapshot, query, options);
  if ((query.scopes & MetricsQuery::tamada) != 0) add_tamada_metrics(out, snapshot);
  return out.take();
}

}  // namespace tamada::router
