// The router itself, its configuration, the cluster, who leads it, and what the witnesses differ on.
#include "router/stats/api/api_sections.h"

namespace tamada::router::api {

Json router_section(const StatsSnapshot& snapshot) {
  const ProcessStats& process = snapshot.process;
  return {{"version", process.version},
          {"host", process.host},
          {"pid", process.pid},
          {"workers", process.workers},
          {"started_at", at_or_null(snapshot, process.started)},
          {"listening", process.listening},
          {"stopping", process.stopping},
          {"clients_max", process.clients_max},
          {"resident_bytes", process.resident_bytes},
          {"cpu_s", rounded(process.cpu_s, 100)},
          {"log_dropped", process.log_dropped}};
}

Json config_section(const StatsSnapshot& snapshot) {
  const ConfigStats& config = snapshot.config;
  return {{"file", config.file},     {"generation", config.generation},     {"read_at", at(config.read_at)},
          {"errors", config.errors}, {"refused_at", at(config.refused_at)}, {"in_force", config.in_force}};
}

Json cluster_section(const StatsSnapshot& snapshot) {
  Json etcd = nullptr;
  if (snapshot.etcd) {
    etcd = {{"state", name_of(snapshot.etcd->state)},
            {"leader_key", or_null(snapshot.etcd->leader_key)},
            {"heard_at", at(snapshot, snapshot.etcd->heard)},
            {"error", snapshot.etcd->error}};
  }
  return {{"name", snapshot.cluster_name},
          {"system_id", snapshot.system_id},
          {"paused", snapshot.paused},
          {"etcd", std::move(etcd)}};
}

Json leader_section(const StatsSnapshot& snapshot) {
  const LeaderView& leader = snapshot.leader;
  const LeadershipStats& leadership = snapshot.leadership;
  const bool known = leader.node.is_set();
  Json configured_name = nullptr;
  for (const NodeStats& node : snapshot.nodes) {
    if (known && node.view.id == leader.node) configured_name = node.view.configured_name;
  }
  std::uint64_t waiting = 0;
  for (const ListenerStats& listener : snapshot.listeners) {
    if (listener.is_write()) waiting += std::uint64_t{listener.held} + listener.queued;
  }
  return {{"name", known ? Json(leader.name) : Json(nullptr)},
          {"configured_name", std::move(configured_name)},
          {"since_at", known ? at_or_null(snapshot, leader.since) : Json(nullptr)},
          {"reason", leader.reason},
          {"timeline", or_null(leadership.timeline)},
          {"evidence", leadership.evidence},
          {"without_leader_since_at", at(snapshot, leadership.none_since)},
          {"changes", leadership.changes},
          {"confirmations", leadership.confirmations},
          {"without_leader_ms", ms(leadership.without_leader)},
          {"waiting", waiting}};
}

Json disagreements_section(const StatsSnapshot& snapshot) {
  Json all = Json::array();
  for (const Disagreement& dispute : snapshot.disagreements) {
    all.push_back({{"kind", dispute.kind}, {"node", dispute.node}, {"words", dispute.words}});
  }
  return all;
}

}  // namespace tamada::router::api
