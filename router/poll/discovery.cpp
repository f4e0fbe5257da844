#include "router/poll/discovery.h"

#include <algorithm>

#include "common/http/url.h"

namespace tamada::router {

Result<NodeConfig> node_of(const patroni::ClusterMember& member) {
  const auto url = http::Url::parse(member.api_url);
  if (!url) return tl::make_unexpected(url.error());
  NodeConfig node;
  node.name = member.name;
  node.api_scheme = url->tls ? "https" : "http";
  node.api = {url->host, url->port};
  // Without a host of its own, PostgreSQL is where its Patroni is.
  node.postgres = {member.host.empty() ? url->host : member.host,
                   member.port == 0 ? std::uint16_t{5432} : member.port};
  return node;
}

bool Discovery::add(const std::vector<patroni::ClusterMember>& undiscovered, TimePoint now) {
  bool changed = false;
  for (const patroni::ClusterMember& member : undiscovered) {
    const auto node = node_of(member);
    if (!node) continue;
    Found& found = found_[member.name];
    changed = changed || !(found.node == *node);
    found = {*node, now};
  }
  return changed;
}

bool Discovery::heard(const patroni::ClusterMembers& members, TimePoint now) {
  bool changed = false;
  for (const patroni::ClusterMember& member : members.members) {
    const auto found = found_.find(member.name);
    if (found == found_.end()) continue;
    found->second.named = now;
    const auto node = node_of(member);
    if (node && !(found->second.node == *node)) {
      found->second.node = *node;  // it moved
      changed = true;
    }
  }
  if (members.pause) {
    for (auto& [name, found] : found_) found.named = now;
  }
  // An answer came, so a silence of all cannot be why it was not named.
  changed |=
      std::erase_if(found_, [&](const auto& one) { return now - one.second.named > forget_after; }) > 0;
  return changed;
}

bool Discovery::clear() {
  const bool had = !found_.empty();
  found_.clear();
  return had;
}

std::vector<NodeConfig> Discovery::nodes() const {
  std::vector<NodeConfig> nodes;
  for (const auto& [name, found] : found_) nodes.push_back(found.node);
  return nodes;
}

std::vector<NodeConfig> join_nodes(const std::vector<NodeConfig>& configured,
                                   const std::vector<NodeConfig>& discovered) {
  std::vector<NodeConfig> nodes = configured;
  for (const NodeConfig& node : discovered) {
    const bool known = std::any_of(configured.begin(), configured.end(), [&](const NodeConfig& one) {
      return one.name == node.name || one.api == node.api;
    });
    if (!known) nodes.push_back(node);
  }
  return nodes;
}

}  // namespace tamada::router
