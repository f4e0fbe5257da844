#include "router/cluster/pause_watch.h"

#include <algorithm>

namespace tamada::router {

void PauseWatch::hear(NodeId node, TimePoint sent, bool paused) {
  const auto [word, is_new] = words_.try_emplace(node, Word{sent, paused});
  if (!is_new && sent > word->second.sent) word->second = {sent, paused};
}

bool PauseWatch::is_paused_for(NodeId node, const std::vector<const NodeBelief*>& nodes) const {
  const auto own = words_.find(node);
  if (own == words_.end() || !own->second.paused) return false;
  return std::none_of(nodes.begin(), nodes.end(), [&](const NodeBelief* other) {
    const auto word = words_.find(other->id());
    return word != words_.end() && other->refusal().empty() && !word->second.paused &&
           word->second.sent > own->second.sent;
  });
}

std::optional<bool> PauseWatch::settle(const std::vector<const NodeBelief*>& nodes, TimePoint now) {
  bool any_says = false;
  bool any_denies = false;
  for (const NodeBelief* node : nodes) {
    const auto word = words_.find(node->id());
    if (word == words_.end() || !node->refusal().empty() || !node->is_fresh(now)) continue;
    (word->second.paused ? any_says : any_denies) = true;
  }
  if (any_says == any_denies || any_says == paused_) return std::nullopt;
  paused_ = any_says;
  return paused_;
}

}  // namespace tamada::router
