// Discovery: members that GET /cluster names and that nobody configured become nodes (`discover: true`).
//
// A member joins when an answer names it with an api_url and a PostgreSQL host. It leaves when answers have
// come for `forget_after` and none named it; as long as nobody answers, nobody is forgotten. While Patroni is
// paused nobody is, either: a member's key goes when its agent is stopped, and its PostgreSQL stays. A
// configured node of the same name takes its place. Pure; control loop's thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "common/patroni/cluster_members.h"
#include "router/config/router_config.h"

namespace tamada::router {

class Discovery {
 public:
  // Members without a configured node, as ClusterView::undiscovered() tells. True if nodes() changed.
  bool add(const std::vector<patroni::ClusterMember>& undiscovered, TimePoint now);

  // Every usable answer of GET /cluster. True if nodes() changed.
  bool heard(const patroni::ClusterMembers& members, TimePoint now);

  // Everything learned is forgotten (discover: false). True if nodes() changed.
  bool clear();

  [[nodiscard]] std::vector<NodeConfig> nodes() const;

  static constexpr Duration forget_after = 60s;

 private:
  struct Found {
    NodeConfig node;
    TimePoint named{};  // by an answer, last
  };
  std::map<std::string, Found> found_;
};

// The end points that a member tells; fails (invalid) where it tells none that can be used.
[[nodiscard]] Result<NodeConfig> node_of(const patroni::ClusterMember& member);

// `configured` and, after them, those of `discovered` whose name and REST API nobody configured.
[[nodiscard]] std::vector<NodeConfig> join_nodes(const std::vector<NodeConfig>& configured,
                                                 const std::vector<NodeConfig>& discovered);

}  // namespace tamada::router
