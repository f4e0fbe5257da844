#include "agent/api/answers/node_snapshot.h"

namespace tamada::agent {

bool holds_lock(const NodeSnapshot& snapshot, TimePoint now) {
  return now < snapshot.lock_valid_until;
}

bool lock_ran_out(const NodeSnapshot& snapshot, TimePoint now) {
  return !snapshot.settings.paused && snapshot.lock_valid_until != TimePoint::min() &&
         now >= snapshot.lock_valid_until;
}

const ClusterView* cluster_at(const NodeSnapshot& snapshot, TimePoint now) {
  return snapshot.cluster && now < snapshot.cluster->valid_until ? &*snapshot.cluster : nullptr;
}

const ServerFacts* facts_at(const NodeSnapshot& snapshot, TimePoint now) {
  const auto& server = snapshot.server;
  if (!patroni::may_answer_sql(server.state) || !server.facts) return nullptr;
  const ServerFacts& facts = *server.facts;
  if (now >= facts.valid_until) return nullptr;
  const bool ended_since =
      !facts.in_recovery && lock_ran_out(snapshot, now) && facts.asked_at < snapshot.lock_valid_until;
  return ended_since ? nullptr : &facts;
}

bool is_unlocked(const NodeSnapshot& snapshot, TimePoint now) {
  const ClusterView* cluster = cluster_at(snapshot, now);
  return cluster == nullptr || !cluster->leader;
}

}  // namespace tamada::agent
