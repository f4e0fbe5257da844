#include "router/stats/node_health.h"

#include <algorithm>
#include <array>

namespace tamada::router {
namespace {

constexpr std::array<std::string_view, 3> lost_states{"silent", "failed", "refused"};
// Patroni's words for a server that serves.
constexpr std::array<std::string_view, 2> serving_states{"running", "streaming"};

template <class Words>
bool is_one_of(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_disputed(const StatsSnapshot& snapshot, const NodeView& node) {
  return std::any_of(snapshot.disagreements.begin(), snapshot.disagreements.end(),
                     [&node](const Disagreement& dispute) { return dispute.node == node.name; });
}

// A listener keeps it from new sessions for a reason that passes by itself or was asked for. Not counted: the
// tag noloadbalance, which is how somebody wants it to be.
bool is_held_back(const StatsSnapshot& snapshot, std::size_t node) {
  return std::any_of(snapshot.listeners.begin(), snapshot.listeners.end(),
                     [node](const ListenerStats& listener) {
                       if (node >= listener.routes.size()) return false;
                       const RouteStats& route = listener.routes[node];
                       if (route.admin != AdminState::ready || route.weight == 0) return true;
                       return route.drains && route.lags;
                     });
}

}  // namespace

NodeHealth health_of(const StatsSnapshot& snapshot, std::size_t node) {
  const NodeStats& stats = snapshot.nodes[node];
  if (is_disputed(snapshot, stats.view) || is_one_of(lost_states, stats.view.state)) return NodeHealth::bad;
  if (stats.view.no_connection) return NodeHealth::bad;
  if (!stats.view.heard) return stats.check.silences > 0 ? NodeHealth::warn : NodeHealth::unknown;
  const bool watched = stats.view.lost_stream || stats.admin != AdminState::ready || stats.view.leaving ||
                       stats.pending_restart || stats.check.silences > 0 ||
                       !is_one_of(serving_states, stats.view.state) || is_held_back(snapshot, node);
  return watched ? NodeHealth::warn : NodeHealth::ok;
}

std::string_view name_of(NodeHealth health) {
  switch (health) {
    case NodeHealth::ok:
      return "ok";
    case NodeHealth::warn:
      return "warn";
    case NodeHealth::bad:
      return "bad";
    case NodeHealth::unknown:
      return "unknown";
  }
  return "unknown";
}

}  // namespace tamada::router
