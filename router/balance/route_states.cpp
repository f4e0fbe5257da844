#include "router/balance/route_states.h"

#include <algorithm>

namespace tamada::router {

void RouteStates::go_down(Entry& entry, TimePoint at) {
  entry.state.eligible = false;
  entry.state.since = at;
  ++entry.state.times_down;
}

void RouteStates::take(Entry& entry, TimePoint offered_until, TimePoint now) {
  if (entry.state.eligible && entry.until < now) go_down(entry, entry.until);
  const bool eligible = offered_until > now;
  if (eligible) entry.until = offered_until;
  if (eligible && !entry.state.eligible) {
    entry.state.downtime += now - entry.state.since;
    entry.state.eligible = true;
    entry.state.since = now;
  } else if (!eligible && entry.state.eligible) {
    go_down(entry, now);
  }
}

void RouteStates::apply(const RoutingTable& table, const std::vector<NodeId>& nodes, TimePoint now) {
  std::map<std::pair<ListenerId, NodeId>, Entry> before = std::exchange(entries_, {});
  const auto update = [&](ListenerId listener, NodeId node, TimePoint offered_until) {
    const auto known = before.find({listener, node});
    Entry entry = known == before.end() ? Entry{{false, now, 0, {}}, {}} : known->second;
    take(entry, offered_until, now);
    entries_[{listener, node}] = entry;
  };
  for (const ListenerRoutes& routes : table.listeners) {
    TimePoint longest{};
    for (const NodeId node : nodes) {
      const auto candidate = std::find_if(routes.candidates.begin(), routes.candidates.end(),
                                          [&](const Candidate& one) { return one.node == node; });
      const bool offered = candidate != routes.candidates.end() && candidate->no_connection.empty();
      const TimePoint until = offered ? candidate->valid_until : TimePoint{};
      longest = std::max(longest, until);
      update(routes.listener, node, until);
    }
    update(routes.listener, NodeId{}, longest);
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
