// ClusterIdentity: which database system these nodes are, and who does not belong to it.
//
// The system identifier is pinned by the configuration, or learned: when every node was tried and all that
// answered agree, when more than half of the configured nodes show the same, or with the first confirmed
// leader if nobody disagrees. A learned identifier gives way to another one only when no node has shown the
// old one for `adopt_after` and all that answer agree on the new one (a cluster built anew). Time in which
// nobody looked (a control loop that stalled, a virtual machine that was paused) does not count for that:
// otherwise the first stranger to answer afterwards would be taken for the cluster.
//
// When it cannot know: nodes that disagree before anything is learned leave it open, and open means that
// nobody is offered anything.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "router/balance/policy.h"
#include "router/cluster/fact.h"
#include "router/cluster/node_belief.h"

namespace tamada::router {

class ClusterIdentity {
 public:
  struct Change {
    FactKind kind;  // cluster_learned or cluster_adopted
    std::string words;
  };

  void configure(const RoutingPolicy& policy);

  // A node showed `system_id` in an answer whose request was sent at `sent`.
  void shown(const std::string& system_id, TimePoint sent);

  // Looks whether something can be learned or adopted. `nodes`: all that are watched.
  std::optional<Change> settle(const std::vector<const NodeBelief*>& nodes, TimePoint now);
  // A node is confirmed as the leader by the leader key or /cluster: its identifier is the cluster's, unless
  // somebody disagrees.
  std::optional<Change> vouched(const NodeBelief& leader, const std::vector<const NodeBelief*>& nodes,
                                TimePoint now);

  // Why `node` does not belong to the cluster; empty: it does, as far as it has told.
  [[nodiscard]] std::string refusal(const NodeBelief& node) const;
  // Empty: not known yet.
  [[nodiscard]] const std::string& system_id() const { return pinned_.empty() ? learned_ : pinned_; }
  // Nodes show identifiers and none is accepted yet: nobody is to be offered.
  [[nodiscard]] bool is_open() const { return open_; }
  // Nodes disagree and nothing is learned: two identifiers, for people. Empty otherwise.
  [[nodiscard]] const std::string& dispute() const { return dispute_; }
  // When an adoption may be due; none: nothing to wait for.
  [[nodiscard]] std::optional<TimePoint> adopt_at() const { return adopt_at_; }

 private:
  [[nodiscard]] bool is_of_scope(const NodeBelief& node) const;
  std::optional<Change> learn(const std::string& system_id);
  std::optional<Change> adopt(const std::vector<const NodeBelief*>& nodes, TimePoint now);

  std::string scope_;
  std::string pinned_;
  Duration adopt_after_ = 60s;
  Duration looks_every_ = 3s;  // a longer gap between two looks is no time of watching
  std::optional<TimePoint> looked_;
  std::string learned_;
  TimePoint learned_shown_ = {};  // newest `sent` of an answer that showed `learned_`
  bool open_ = false;
  std::string dispute_;
  std::optional<TimePoint> adopt_at_;
};

}  // namespace tamada::router
