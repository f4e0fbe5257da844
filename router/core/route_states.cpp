#include "router/core/route_states.h"

#include <algorithm>

namespace tamada::router {

void RouteStates::go_down(Entry& entry, TimePoint at) {
  entry.state.eligible = false;
  entry.state.since = at;
  ++entry.state.times_down;
}

void RouteStates::apply(const RoutingTable& table, const std::vector<NodeId>& nodes, TimePoint now) {
  std::map<std::pair<ListenerId, NodeId>, Entry> before = std::exchange(entries_, {});
  for (const ListenerRoutes& routes : table.listeners) {
    for (const NodeId node : nodes) {
      const auto known = before.find({routes.listener, node});
      Entry entry = known == before.end() ? Entry{{false, now, 0, {}}, {}} : known->second;
      if (entry.state.eligible && entry.until < now) go_down(entry, entry.until);
      const auto candidate = std::find_if(routes.candidates.begin(), routes.candidates.end(),
                                          [&](const Candidate& one) { return one.node == node; });
      const bool eligible = candidate != routes.candidates.end() && candidate->valid_until > now;
      if (eligible) entry.until = candidate->valid_until;
      if (eligible && !entry.state.eligible) {
        entry.state.downtime += now - entry.state.since;
        entry.state.eligible = true;
        entry.state.since = now;
      } else if (!eligible && entry.state.eligible) {
        go_down(entry, now);
      }
      entries_[{routes.listener, node}] = entry;
    }
  }
}

RouteState RouteStates::of(ListenerId listener, NodeId node, TimePoint now) const {
  const auto known = entries_.find({listener, node});
  if (known == entries_.end()) return {false, now, 0, {}};
  Entry entry = known->second;
  if (entry.state.eligible && entry.until < now) go_down(entry, entry.until);
  if (!entry.state.eligible) entry.state.downtime += now - entry.state.since;
  return entry.state;
}

}  // namespace tamada::router
