#include "agent/api/answers/node_now.h"

#include <algorithm>

namespace tamada::agent {
namespace {

// Of GET /patroni while somebody leads: a leader that hands over asks again and again whether a candidate has everything.
constexpr Duration fresh_for = 100ms;

using patroni::NodeRole;
using patroni::ServerState;

NodeNow judge(const NodeSnapshot& snapshot, const ServerFacts* facts, TimePoint now) {
  NodeNow node;
  node.snapshot = &snapshot;
  node.at = now;
  node.cluster = cluster_at(snapshot, now);
  node.facts = facts;
  node.holds_lock = holds_lock(snapshot, now);
  node.is_unlocked = is_unlocked(snapshot, now);
  node.role = snapshot.server.role;
  node.state = snapshot.server.state;
  if (facts == nullptr) {
    if (snapshot.server.state == ServerState::running) node.state = std::nullopt;
    if (node.role == NodeRole::primary && lock_ran_out(snapshot, now)) node.role = NodeRole::demoted;
    return node;
  }
  const ClusterSettings& settings = snapshot.settings;
  if (!facts->in_recovery) {
    node.role = NodeRole::primary;
  } else if (!settings.standby_cluster) {
    node.role = NodeRole::replica;
  }
  if (node.role == NodeRole::replica && settings.is_synchronous() && node.cluster != nullptr &&
      node.cluster->sync.names(snapshot.name)) {
    (settings.is_quorum() ? node.is_quorum_standby : node.is_sync_standby) = true;
  }
  return node;
}

}  // namespace

std::uint64_t NodeNow::leader_end() const {
  const std::uint64_t told = cluster == nullptr ? 0 : cluster->leader_position;
  return std::max(told, facts == nullptr ? 0 : facts->leader_end.value_or(0));
}

std::uint64_t NodeNow::replayed() const {
  return facts == nullptr || !facts->in_recovery ? 0 : facts->replayed.value_or(0);
}

std::uint64_t NodeNow::received() const {
  return facts == nullptr || !facts->in_recovery ? 0 : facts->received.value_or(0);
}

NodeNow node_at(const NodeSnapshot& snapshot, TimePoint now) {
  return judge(snapshot, facts_at(snapshot, now), now);
}

NodeNow node_for_peers(const NodeSnapshot& snapshot, TimePoint request_at, TimePoint now) {
  const ServerFacts* facts = facts_at(snapshot, now);
  if (facts != nullptr && is_unlocked(snapshot, now) && facts->asked_at < request_at) facts = nullptr;
  return judge(snapshot, facts, now);
}

bool wants_new_query(const NodeSnapshot& snapshot, TimePoint request_at, TimePoint now) {
  if (!patroni::may_answer_sql(snapshot.server.state)) return false;
  const bool is_race = is_unlocked(snapshot, now);
  if (!snapshot.server.facts) return is_race;
  return snapshot.server.facts->asked_at < request_at - (is_race ? Duration(0) : fresh_for);
}

}  // namespace tamada::agent
