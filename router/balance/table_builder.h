// build_routes(): the candidates of one listener, or in words why there are none.
//
// The first entry of `to:` that any node is fit for takes the sessions; `otherwise: leader` is one more
// entry, the last, for the leader or the standby leader of a standby cluster. Limits of lag and streaming
// hold for replicas whatever entry they are wanted for.
//
// A later entry comes into play when no node is fit for those before and every node has settled: it answered,
// or has been silent `fall` times in a row. Until then clients wait for the nodes that may be about to
// answer. Once in force it stays so until a node is fit for an earlier one: a node that is added takes
// nothing away from the readers. New sessions go back to an earlier entry as soon as that has somebody; old
// ones stay.
//
// A node whose PostgreSQL takes no connections is offered only where nobody else is fit, in whatever entry:
// the leader to writers (nobody else leads because of that), a replica to readers when there is nobody
// better.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "router/balance/policy.h"
#include "router/balance/routing_table.h"

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
  bool lags = false;                 // for this listener
  std::optional<std::uint64_t> lag;  // bytes
  std::optional<Duration> lag_time = {};
  bool lost_stream = false;              // is known not to stream
  std::vector<bool> tagged = {};         // carries the tag, by entry of this listener's `to:`; empty: none
  AdminState admin = AdminState::ready;  // for this listener
  std::string no_connection;             // as in Candidate
};

// `no_leader`: why there is none, for listeners that want one. `in_force`: what the newest table offers to
// this listener; null: nothing yet.
[[nodiscard]] ListenerRoutes build_routes(const ListenerPolicy& listener, const std::vector<NodeRoute>& nodes,
                                          const std::string& no_leader, const ListenerRoutes* in_force);

// How one node stands with a listener, for people.
struct RouteView {
  NodeId node;
  bool fit = false;            // gets new sessions
  bool drains = false;         // of the right kind, and held back: drained by hand, lags, noloadbalance
  bool lags = false;           // it drains because it is too far behind
  bool no_connection = false;  // of the right kind, but its PostgreSQL takes no connections
  bool backup = false;         // wanted for a later entry of `to:` than the first
  bool spare = false;          // a backup that would be fit, and nodes of an earlier entry take the sessions
  std::string why_not;         // "is a replica", "lags 20 MB, more than 16MB"; empty if it is fit
};
// `level`: ListenerRoutes::level of the newest table.
[[nodiscard]] RouteView route_view(const ListenerPolicy& listener, const NodeRoute& node, std::size_t level);

// The same for sessions: differences in `valid_until`, `good_until` (unless nothing may be passed on by one)
// and the generation alone do not count.
[[nodiscard]] bool routes_alike(const RoutingTable& a, const RoutingTable& b);

// When the published table has to be renewed so that no candidate runs out although newer evidence is here;
// none: there is no newer evidence. `margin`: how long before.
[[nodiscard]] std::optional<TimePoint> renewal(const RoutingTable& published, const RoutingTable& newer,
                                               Duration margin);

}  // namespace tamada::router
