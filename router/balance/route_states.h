// RouteStates: since when each node is, or is not, offered to each listener; how often it stopped being so,
// and for how long it was not in all. HAProxy's "last change", "times down" and "downtime". From the routing
// tables alone, as they are published: pure.
//
// A node counts from the first table of its listener on. A candidate whose `valid_until` has passed is not
// offered any more from then on; that is noticed at the next table or question. One whose PostgreSQL takes no
// connections counts as not offered.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "common/base/time.h"
#include "router/balance/routing_table.h"

namespace tamada::router {

struct RouteState {
  bool eligible = false;
  TimePoint since{};             // it is so
  std::uint32_t times_down = 0;  // was offered, then not any more
  Duration downtime{};           // not offered, in all, the present stretch included
};

class RouteStates {
 public:
  // `nodes`: all that are watched; what is remembered of others is forgotten.
  void apply(const RoutingTable& table, const std::vector<NodeId>& nodes, TimePoint now);

  // Nothing known: not eligible since `now`.
  [[nodiscard]] RouteState of(ListenerId listener, NodeId node, TimePoint now) const;
  // The same of the listener as a whole: eligible means that any node is offered to it.
  [[nodiscard]] RouteState of_any(ListenerId listener, TimePoint now) const {
    return of(listener, NodeId{}, now);
  }

 private:
  struct Entry {
    RouteState state;      // as of the newest change; downtime without the present stretch
    TimePoint until = {};  // while eligible: what the offer is worth
  };
  static void go_down(Entry& entry, TimePoint at);
  // Offered until `offered_until`, if that is still to come.
  static void take(Entry& entry, TimePoint offered_until, TimePoint now);

  std::map<std::pair<ListenerId, NodeId>, Entry> entries_;  // no node: the listener as a whole
};

}  // namespace tamada::router
