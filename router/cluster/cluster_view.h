// ClusterView: what the router believes about its nodes, and what follows from it.
//
// Feed it events with apply(), the passing of time with tick(), acknowledgements with acknowledged(); each
// returns a Step: what to ask, the routing table to publish if there is a new one, and the facts that
// changed, each with its reason in words. Pure: no sockets, no clock, no log, no randomness but the seed.
// Same input, same output.
//
// Invariants
//   1. At most one node is the leader in a table, and no table names a leader before the table that took the
//      old one away has been acknowledged by every worker (break before make).
//   2. An answer is worth what it was when its request was sent; past `checks.expire` it is silence.
//   3. A node of another scope or database system is offered to nobody.
//   4. Two claims and nobody to decide between them: no leader.
// When it cannot know, it refuses: no leader is better than two.
//
// The rules stand in the parts: node_belief.h (what an answer is worth), cluster_identity.h (who belongs),
// second_opinion.h (silence), leader_election.h (who is believed), pause_watch.h and cluster_view_pause.cpp
// (maintenance mode), planned_hold.h (announced switchovers),
// cut_ledger.h (break before make), replica_lag.h and table_builder.h (readers), poll_schedule.h (asking).
// tests/scenarios tells them as stories.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "router/balance/policy.h"
#include "router/balance/routing_table.h"
#include "router/balance/table_builder.h"
#include "router/cluster/cluster_events.h"
#include "router/cluster/fact.h"

namespace tamada::router {

// What its owner has to do now.
struct Step {
  std::vector<Ask> asks;
  RoutingTablePtr table;  // set: publish it (Admission first, then the workers)
  std::vector<Fact> facts;
  TimePoint next_tick = {};  // call tick() again at this time at the latest
};

// A node whose REST API may be well and whose PostgreSQL takes no connections.
struct NoConnectionView {
  TimePoint since;
  Silence how = Silence::refused;
  std::string words;  // "connect to 10.0.0.1:5432: connection refused"
};

// How a node is seen, for the status page. A copy; valid as long as you keep it.
struct NodeView {
  NodeId id;
  std::string name;  // the name it goes by (its own where it said one)
  std::string configured_name;
  patroni::NodeRole role_kind = patroni::NodeRole::unknown;  // of the newest answer
  bool is_sync = false;  // a synchronous or quorum standby, by its newest answer
  std::string role;      // for people: "leader", "replica", "sync standby", "standby leader", "-", ...
  std::string state;     // Patroni's state, or "silent", "refused", "unknown"
  std::optional<std::uint64_t> timeline;
  std::optional<std::uint64_t> lag_bytes;
  Address postgres;
  std::string api_url;
  std::string reason;              // why it is seen so, in words
  std::optional<TimePoint> heard;  // when the newest answer's request was sent
  AdminState admin = AdminState::ready;
  std::optional<Duration> lag_time;  // how long ago the leader was where it is; see ReplicaLag
  std::string replication;           // "streaming", "in archive recovery", "not streaming"; empty: unknown
  bool lost_stream = false;          // a replica that is known not to stream
  std::string patroni_version;       // of the newest answer; empty: not told
  std::uint32_t server_version = 0;  // 150004; 0: not told
  bool pending_restart = false;
  std::uint32_t silences = 0;  // polls in a row to which nothing usable came
  bool leaving = false;        // taken out of the configuration; watched until its last session ends
  std::optional<NoConnectionView> no_connection;  // sessions found its port closed, and so did we
};

struct LeaderView {
  NodeId node;  // not set: no confirmed leader
  std::string name;
  std::string reason;  // why it is believed, or why there is none
  TimePoint since = {};
};

// Something on which the witnesses differ.
struct Disagreement {
  std::string kind;  // "two-claims", "leader-key", "contradicted", "other-system", "identity", "veto"
  std::string node;  // may be empty
  std::string words;
};

// What speaks for the leader, or for nobody, a sentence each; and what does not fit together.
struct Evidence {
  std::vector<std::string> sentences;
  std::vector<Disagreement> disagreements;
};

// How the nodes stand with one listener now; `nodes` in the order of ClusterView::nodes(). What is offered is
// the RoutingTable: a planned switchover, or the wait for the workers, may hold back who is fit here.
struct ListenerView {
  ListenerId listener;
  std::vector<RouteView> nodes;
  std::string why_none;  // of the newest table, when it offers nobody
};

class ClusterView {
 public:
  // Starts knowing nothing, so offering nothing. `seed` drives the jitter of fast polling.
  ClusterView(RoutingPolicy policy, std::uint32_t seed, TimePoint now);
  ~ClusterView();
  ClusterView(const ClusterView&) = delete;
  ClusterView& operator=(const ClusterView&) = delete;

  // Events may repeat, arrive late or out of order; an older one never undoes a newer one. `now` never goes
  // back.
  [[nodiscard]] Step apply(const ClusterEvent& event, TimePoint now);
  [[nodiscard]] Step tick(TimePoint now);

  // Every worker has carried out the cuts of all tables up to `generation`.
  [[nodiscard]] Step acknowledged(Generation generation, TimePoint now);

  // A new configuration. A node that is gone from it gets no new sessions and is still watched until
  // sessions_gone(); where the leader is put in under another name at the same time, its sessions stay. An
  // owner that knows of no session there calls that at once. Cuts of a listener that is gone go on for its
  // old sessions (RoutingTable keeps it, without candidates).
  [[nodiscard]] Step configure(RoutingPolicy policy, TimePoint now);
  [[nodiscard]] Step sessions_gone(NodeId leaving, TimePoint now);

  // By hand: `listener` not set means all of them. Survives configure().
  [[nodiscard]] Step administer(NodeId node, ListenerId listener, AdminState state, TimePoint now);

  // Configured nodes in their order, then those that are leaving.
  [[nodiscard]] std::vector<NodeView> nodes(TimePoint now) const;
  [[nodiscard]] LeaderView leader() const;
  // How each of nodes() stands with each configured listener, in their order.
  [[nodiscard]] std::vector<ListenerView> listeners(TimePoint now) const;

  // Every fresh answer, opinion and key that was counted.
  [[nodiscard]] Evidence evidence(TimePoint now) const;
  // The database system these nodes are; empty: not known yet.
  [[nodiscard]] std::string system_id() const;
  // Cheap ones, for who looks after every turn.
  [[nodiscard]] std::vector<NodeId> node_ids() const;
  [[nodiscard]] std::vector<NodeId> claimants(TimePoint now) const;
  [[nodiscard]] NodeId leader_id() const;
  [[nodiscard]] bool is_paused() const;  // the cluster, as last known (Patroni's maintenance mode)
  [[nodiscard]] Address address_of(NodeId node) const;  // where its sessions go; not set: unknown

  // Members that GET /cluster named and that no configured node stands for (for `discover: true`).
  [[nodiscard]] std::vector<patroni::ClusterMember> undiscovered() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tamada::router
