#include "agent/control/views/cluster_keys_view.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

#include "agent/api/answers/json_writer.h"
#include "common/patroni/python_value.h"

namespace tamada::agent {
namespace {

MemberView member_view_of(const patroni::ClusterKeys::Member& member) {
  const patroni::MemberValue& value = member.key->value;
  MemberView view;
  view.name = member.name;
  view.state = value.state;
  view.replication_state = value.replication_state;
  view.api_url = value.api_url;
  if (const auto address = value.address()) {
    view.host = address->host;
    view.port = address->port;
  }
  view.timeline = value.timeline;
  view.lsn = value.xlog_location;
  view.receive_lsn = value.receive_lsn;
  view.replay_lsn = value.replay_lsn;
  view.pending_restart = value.pending_restart;
  view.pending_restart_reason = pending_restart_json(value.pending_restart_reasons);
  if (value.scheduled_restart)
    view.scheduled_restart = scheduled_restart_json(*value.scheduled_restart, true);
  if (!value.tags.all().empty()) view.tags = patroni::compact_json(value.tags.to_json());
  return view;
}

std::optional<FailoverView> failover_view_of(const patroni::KeyReading<patroni::FailoverValue>& key) {
  const patroni::FailoverValue& value = key.value;
  if (value.is_none()) return std::nullopt;
  return FailoverView{value.leader.value_or(""), value.candidate.value_or(""), value.scheduled_at,
                      key.mod_revision};
}

}  // namespace

ClusterView cluster_view_of(const patroni::ClusterKeys& keys, TimePoint heard, Duration ttl) {
  ClusterView view;
  view.revision = keys.revision();
  view.valid_until = heard + ttl;
  for (const auto& member : keys.members()) view.members.push_back(member_view_of(member));
  if (keys.leader()) view.leader = keys.leader()->value;
  if (keys.status()) view.leader_position = keys.status()->value.optime;
  if (keys.sync()) view.sync = {keys.sync()->value.leader, keys.sync()->value.voters};
  if (keys.failover()) view.failover = failover_view_of(*keys.failover());
  if (keys.config() && !keys.config()->value.empty()) {
    view.config = ConfigView{keys.config()->value, keys.config()->mod_revision};
  }
  if (keys.history()) view.history = patroni::write_history_value(keys.history()->value);
  view.problem = leader_key_problem(keys);
  return view;
}

std::string leader_key_problem(const patroni::ClusterKeys& keys) {
  const auto& leader = keys.leader();
  if (!leader || leader->lease != 0) return {};
  return fmt::format(
      "the leader key {}leader (\"{}\") has no lease: somebody put it by hand, it never ends, and while it "
      "is there "
      "nobody takes the lock. Make sure that no PostgreSQL of this cluster takes writes without its agent, "
      "then "
      "remove the key: etcdctl del {}leader",
      keys.prefix(), leader->text, keys.prefix());
}

ClusterSettings cluster_settings_of(const patroni::DynamicSettings& settings) {
  ClusterSettings made;
  made.ttl = settings.ttl;
  made.loop_wait = settings.loop_wait;
  made.paused = settings.pause;
  made.standby_cluster = settings.standby_cluster;
  made.failsafe_mode = settings.failsafe_mode;
  made.synchronous_mode = settings.synchronous_mode;
  made.maximum_lag_on_failover = settings.maximum_lag_on_failover;
  return made;
}

std::string pending_restart_json(const std::vector<patroni::PendingRestart>& pending) {
  if (pending.empty()) return {};
  JsonWriter json;
  json.open_object();
  for (const patroni::PendingRestart& one : pending) {
    json.key(one.parameter).open_object();
    json.key("old_value").text(one.old_value);
    json.key("new_value").text(one.new_value);
    json.close_object();
  }
  json.close_object();
  return json.take();
}

std::string scheduled_restart_json(const patroni::ScheduledRestart& restart, bool with_start_time) {
  JsonWriter json;
  json.open_object();
  json.key("schedule").text(restart.schedule);
  for (const auto& [key, value] : restart.filters) json.key(key).raw(patroni::compact_json(value.to_json()));
  if (with_start_time) json.key("postmaster_start_time").text(restart.postmaster_start_time);
  json.close_object();
  return json.take();
}

}  // namespace tamada::agent
