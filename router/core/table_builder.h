// build_routes(): the candidates of one listener, or in words why there are none.
//
// `otherwise: leader` comes into play when no node is fit and every node has settled: it answered, or has
// been silent `fall` times in a row. Until then readers wait for the replicas that may be about to answer.
// Once in force it stays so until a replica is fit: a node that is added takes nothing away from the readers.
//
// A node whose PostgreSQL takes no connections is offered only where nobody else is fit: the leader to
// writers (nobody else leads because of that), a replica to readers when there is neither another one nor,
// with `otherwise`, the leader.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "router/core/policy.h"
#include "router/core/routing_table.h"

namespace tamada::router {

// What the table needs to know of a node, as of now.
struct NodeRoute {
  NodeId node;
  std::string name;
  Address postgres;   // not set: unknown
  std::string words;  // "is a replica", for why_none
  bool leaving = false;
  bool settled = false;
  bool is_alias = false;  // another configured node is the same machine and stands for it

  bool is_leader = false;          // the one that may be published as the leader
  bool is_standby_leader = false;  // the only one
  bool is_replica = false;         // may take reads
  TimePoint leader_until = {};
  TimePoint replica_until = {};  // also of a standby leader
  bool sync = false;
  bool noloadbalance = false;
  bool lags = false;                     // for this listener
  std::optional<std::uint64_t> lag;      // bytes
  bool is_tagged = false;                // carries this listener's tag
  AdminState admin = AdminState::ready;  // for this listener
  std::string no_connection;             // as in Candidate
};

// `no_leader`: why there is none, for listeners that want one. `otherwise_in_force`: readers were sent to the
// leader until now.
[[nodiscard]] ListenerRoutes build_routes(const ListenerPolicy& listener, const std::vector<NodeRoute>& nodes,
                                          const std::string& no_leader, bool otherwise_in_force);

// How one node stands with a listener, for people.
struct RouteView {
  NodeId node;
  bool fit = false;            // gets new sessions
  bool drains = false;         // of the right kind, and held back: drained by hand, lags, noloadbalance
  bool no_connection = false;  // of the right kind, but its PostgreSQL takes no connections
  std::string why_not;         // "is a replica", "lags 20 MB, more than 16MB"; empty if it is fit
};
[[nodiscard]] RouteView route_view(const ListenerPolicy& listener, const NodeRoute& node);

// The same for sessions: differences in `valid_until`, `good_until` (unless nothing may be passed on by one)
// and the generation alone do not count.
[[nodiscard]] bool routes_alike(const RoutingTable& a, const RoutingTable& b);

// When the published table has to be renewed so that no candidate runs out although newer evidence is here;
// none: there is no newer evidence. `margin`: how long before.
[[nodiscard]] std::optional<TimePoint> renewal(const RoutingTable& published, const RoutingTable& newer,
                                               Duration margin);

}  // namespace tamada::router
