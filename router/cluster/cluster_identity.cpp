#include "router/cluster/cluster_identity.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace tamada::router {

void ClusterIdentity::configure(const RoutingPolicy& policy) {
  scope_ = policy.scope;
  pinned_ = policy.system_id;
  adopt_after_ = policy.checks.adopt_after;
  looks_every_ = std::max(policy.checks.expire, 2 * policy.checks.interval);
}

bool ClusterIdentity::is_of_scope(const NodeBelief& node) const {
  return scope_.empty() || !node.newest() || node.newest()->body.scope == scope_;
}

void ClusterIdentity::shown(const std::string& system_id, TimePoint sent) {
  if (!learned_.empty() && system_id == learned_) learned_shown_ = std::max(learned_shown_, sent);
}

std::optional<ClusterIdentity::Change> ClusterIdentity::learn(const std::string& system_id) {
  learned_ = system_id;
  open_ = false;
  dispute_.clear();
  return Change{FactKind::cluster_learned, "the cluster's system identifier is " + system_id};
}

std::optional<ClusterIdentity::Change> ClusterIdentity::settle(const std::vector<const NodeBelief*>& nodes,
                                                               TimePoint now) {
  if (looked_ && now - *looked_ > looks_every_) learned_shown_ += now - *looked_;
  looked_ = now;
  adopt_at_.reset();
  dispute_.clear();
  open_ = false;
  if (!pinned_.empty()) return std::nullopt;
  if (!learned_.empty()) return adopt(nodes, now);

  std::map<std::string, std::size_t> shows;
  bool all_tried = true;
  std::size_t configured = 0;
  for (const NodeBelief* node : nodes) {
    if (!node->is_leaving()) ++configured;
    if (!node->was_tried()) all_tried = false;
    if (!is_of_scope(*node) || !node->is_fresh(now) || node->system_id().empty()) continue;
    ++shows[node->system_id()];
  }
  if (shows.empty()) return std::nullopt;
  for (const auto& [id, count] : shows) {
    if (2 * count > configured) {
      learned_shown_ = now;
      return learn(id);
    }
  }
  open_ = true;
  if (shows.size() == 1) {
    if (!all_tried) return std::nullopt;
    learned_shown_ = now;
    return learn(shows.begin()->first);
  }
  dispute_ = fmt::format("the nodes show different system identifiers ({} and {})", shows.begin()->first,
                         std::next(shows.begin())->first);
  return std::nullopt;
}

std::optional<ClusterIdentity::Change> ClusterIdentity::vouched(const NodeBelief& leader,
                                                                const std::vector<const NodeBelief*>& nodes,
                                                                TimePoint now) {
  if (!system_id().empty() || leader.system_id().empty()) return std::nullopt;
  for (const NodeBelief* node : nodes) {
    const bool shows = is_of_scope(*node) && node->is_fresh(now) && !node->system_id().empty();
    if (shows && node->system_id() != leader.system_id()) return std::nullopt;
  }
  learned_shown_ = now;
  return learn(leader.system_id());
}

// A cluster built anew: the old identifier was not seen for long, and all that answer agree on another one.
std::optional<ClusterIdentity::Change> ClusterIdentity::adopt(const std::vector<const NodeBelief*>& nodes,
                                                              TimePoint now) {
  std::string candidate;
  for (const NodeBelief* node : nodes) {
    if (!is_of_scope(*node) || !node->is_fresh(now) || node->system_id().empty()) continue;
    if (node->system_id() == learned_) return std::nullopt;
    if (!candidate.empty() && node->system_id() != candidate) return std::nullopt;
    candidate = node->system_id();
  }
  if (candidate.empty()) return std::nullopt;
  if (now < learned_shown_ + adopt_after_) {
    adopt_at_ = learned_shown_ + adopt_after_;
    return std::nullopt;
  }
  const std::string old = learned_;
  learned_ = candidate;
  learned_shown_ = now;
  return Change{
      FactKind::cluster_adopted,
      fmt::format("no node has shown the system identifier {} for {} s, all that answer show {}: the "
                  "cluster was built anew",
                  old, to_ms(adopt_after_) / 1000, candidate)};
}

std::string ClusterIdentity::refusal(const NodeBelief& node) const {
  if (!node.newest()) return {};
  const patroni::NodeStatus& body = node.newest()->body;
  if (!scope_.empty() && body.scope != scope_) {
    return body.scope.empty() ? fmt::format("tells no cluster name, expected {}", scope_)
                              : fmt::format("belongs to the cluster {}, expected {}", body.scope, scope_);
  }
  const std::string& shown = node.system_id();
  if (shown.empty()) {
    return pinned_.empty() ? std::string{} : fmt::format("tells no system identifier, expected {}", pinned_);
  }
  if (!system_id().empty() && shown != system_id()) {
    return fmt::format("shows the system identifier {}, expected {}", shown, system_id());
  }
  return {};
}

}  // namespace tamada::router
