#include "router/control/id_registry.h"

#include <algorithm>

namespace tamada::router {

NodeId IdRegistry::node(const NodeConfig& node) {
  std::vector<Known>& known = nodes_[node.name];
  // A full match first: a node that came back as it was must not be taken for a half match of another one.
  auto found = std::find_if(known.begin(), known.end(), [&](const Known& one) {
    return one.postgres == node.postgres && one.api == node.api;
  });
  if (found == known.end()) {
    // Only the newest can have half changed: older ones have left.
    if (!known.empty() && (known.back().postgres == node.postgres || known.back().api == node.api)) {
      found = known.end() - 1;
      found->postgres = node.postgres;
      found->api = node.api;
    } else {
      known.push_back({NodeId{++last_node_}, node.postgres, node.api});
      return known.back().id;
    }
  }
  std::rotate(found, found + 1, known.end());
  return known.back().id;
}

ListenerId IdRegistry::listener(const std::string& name) {
  ListenerId& id = listeners_[name];
  if (!id.is_set()) id.value = ++last_listener_;
  return id;
}

}  // namespace tamada::router
