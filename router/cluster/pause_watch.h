// PauseWatch: whether the cluster is paused (Patroni's maintenance mode), as last known.
//
// Patroni tells it in every answer: `"pause": true` in the status of a node that has read its store since it
// was started, and in GET /cluster. While the cluster is paused nobody is promoted and nobody demoted by
// Patroni itself, and the leader key vanishes with the agent that held it: it proves nothing either way.
//
// A word counts until the same node says another one, however old it is: agents that are stopped for an
// upgrade say nothing, and a pause does not end because nobody tells of it. Whoever says later that the
// cluster is not paused ends it, also where he falls silent afterwards.
//
// When it cannot know (nobody has told yet), the cluster is not paused.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "common/base/time.h"
#include "router/cluster/node_belief.h"

namespace tamada::router {

class PauseWatch {
 public:
  // What `node` said in an answer whose request was sent at `sent`; older words than its newest are ignored.
  void hear(NodeId node, TimePoint sent, bool paused);
  void forget(NodeId node) { words_.erase(node); }

  // The newest word of `node` is that the cluster is paused, and no other node of the cluster has said
  // otherwise in a later answer. `nodes`: all that are watched; words of refused ones do not count.
  [[nodiscard]] bool is_paused_for(NodeId node, const std::vector<const NodeBelief*>& nodes) const;

  // For people: changes when all that answer say the same, so that the seconds in which the nodes learn of it
  // one after the other are no back and forth. Set when it changed just now.
  std::optional<bool> settle(const std::vector<const NodeBelief*>& nodes, TimePoint now);
  [[nodiscard]] bool is_paused() const { return paused_; }

 private:
  struct Word {
    TimePoint sent;
    bool paused = false;
  };
  std::map<NodeId, Word> words_;
  bool paused_ = false;
};

}  // namespace tamada::router
