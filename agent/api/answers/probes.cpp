#include "agent/api/answers/probes.h"

#include "agent/api/answers/health_check.h"
#include "agent/api/answers/setting_number.h"

namespace tamada::agent {

int liveness_status(const NodeNow& node, TimePoint now) {
  const NodeSnapshot& snapshot = *node.snapshot;
  const bool is_primary =
      snapshot.server.role == patroni::NodeRole::primary && patroni::may_answer_sql(snapshot.server.state);
  const Duration patience = snapshot.settings.ttl * (is_primary ? 1 : 2);
  return snapshot.settings.paused || snapshot.next_run + patience > now ? 200 : 503;
}

int readiness_status(const NodeNow& node, const QueryFields& query) {
  // The lock is taken after a bootstrap or by a standby that is up: who holds it is ready.
  if (node.holds_lock) return 200;
  if (!node.is_running() || node.facts == nullptr) return 503;
  if (node.facts->replication_state != ReplicationState::streaming) return 503;
  if (node.cluster == nullptr && node.facts->leader_end.value_or(0) == 0) {
    return node.snapshot->failsafe_is_active ? 200 : 503;
  }
  const auto lag_text = query_value(query, "lag");
  const auto lag_given = lag_text ? setting_number(*lag_text, BaseUnit::bytes) : std::nullopt;
  const std::int64_t allowed = lag_given.value_or(node.snapshot->settings.maximum_lag_on_failover);
  const std::uint64_t own = query_value(query, "mode") == "write" ? node.received() : node.replayed();
  const std::uint64_t end = node.leader_end();
  if (end <= own) return allowed >= 0 || own - end >= static_cast<std::uint64_t>(-allowed) ? 200 : 503;
  return allowed >= 0 && end - own <= static_cast<std::uint64_t>(allowed) ? 200 : 503;
}

}  // namespace tamada::agent
