// RoutingTable: who may get sessions right now, and whose sessions must end. Immutable once published.
//
// The control loop makes one whenever something changed or was confirmed anew (ClusterView), hands it to
// Admission, then to every worker; a worker takes it at the top of its turn, carries out its cuts and
// acknowledges the generation. A worker may miss generations in between: each table is complete by itself.
//
// A table runs out: a candidate past its `valid_until` (boot-time clock) is not to be used, whatever else the
// table says. So a control loop that stalls, or a virtual machine that was paused, leads to waiting clients
// and never to a session on a node of which nobody has heard lately.
//
// The same for sessions that run: past `good_until` nothing that clients send to a node in `writers`, or on a
// listener to the leader, is passed on until a later table allows it. Their bytes wait in the kernel; what
// servers send goes on. A control loop that lives renews it in time, whatever it knows of the nodes. After it
// stood still it allows nothing until the leader is confirmed by what was asked since, or its sessions are
// cut.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/address.h"
#include "common/base/time.h"
#include "router/balance/ids.h"

namespace tamada::router {

// Why the router ended, or refused, a session by itself.
enum class CutCause {
  none,
  demoted,      // the node is no longer the leader
  superseded,   // another leader is confirmed
  failed,       // neither the REST API nor PostgreSQL, or nobody vouches for it any more
  lagging,      // on_lag: cut
  promoted,     // on_promote: cut
  refused,      // another cluster, another scope, another node at this address
  maintenance,  // by hand
};

// A node that is fit for new sessions of a listener.
struct Candidate {
  NodeId node;
  std::string name;  // for logs: the name it was known by when the table was made
  Address postgres;  // where its PostgreSQL listens
  TimePoint valid_until;
  // Not empty: its PostgreSQL took no connection when it was last tried, and how ("connect to 10.0.0.1:5432:
  // connection refused"). It is offered all the same: as the leader, or where nobody better is fit.
  std::string no_connection = {};
};

// Sessions of a listener on `node` that were admitted under a generation before `before` must be closed.
struct CutLine {
  NodeId node;
  Generation before = 0;
  CutCause cause = CutCause::none;
  std::string why;  // one sentence for the session's log line
};

struct ListenerRoutes {
  ListenerId listener;
  std::vector<Candidate> candidates;  // empty: clients wait
  std::string why_none;               // when empty: what is missing, in words for the client and the log
  std::vector<CutLine> cuts;          // at most one per node, the newest
  std::size_t level = 0;  // which entry of `to:` the candidates are wanted for; their number: `otherwise`
};

struct RoutingTable {
  Generation generation = 0;
  // TimePoint{}: nothing may be passed on now. max(): there is nothing to hold back, since nobody writes.
  TimePoint good_until = TimePoint::max();
  // The nodes whose write sessions have not been cut: the leader, also under other names, or the last one.
  std::vector<NodeId> writers;
  // Every configured listener, in configuration order; then those that were taken out, without candidates:
  // their old sessions are still cut when that is due.
  std::vector<ListenerRoutes> listeners;

  // Never null-checked by callers for configured listeners; null for one that never was.
  [[nodiscard]] const ListenerRoutes* find(ListenerId id) const {
    for (const ListenerRoutes& routes : listeners) {
      if (routes.listener == id) return &routes;
    }
    return nullptr;
  }
};

using RoutingTablePtr = std::shared_ptr<const RoutingTable>;

// Whether `table` tells to close a session of `listener` on `node` that was admitted under `admitted`.
// Returns the line that says so, or null. The pointer lives as long as the table.
inline const CutLine* cut_line(const RoutingTable& table, ListenerId listener, NodeId node,
                               Generation admitted) {
  const ListenerRoutes* routes = table.find(listener);
  if (routes == nullptr) return nullptr;
  for (const CutLine& line : routes->cuts) {
    if (line.node == node && admitted < line.before) return &line;
  }
  return nullptr;
}

}  // namespace tamada::router
