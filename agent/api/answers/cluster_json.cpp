#include "agent/api/answers/cluster_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "agent/api/answers/json_writer.h"

namespace tamada::agent {
namespace {

std::string_view role_of(const MemberView& member, const ClusterView& cluster,
                         const ClusterSettings& settings) {
  if (member.name == cluster.leader) return settings.standby_cluster ? "standby_leader" : "leader";
  if (!settings.is_synchronous() || !cluster.sync.names(member.name)) return "replica";
  return settings.is_quorum() ? "quorum_standby" : "sync_standby";
}

// A position and how many bytes it is behind the leader's.
void write_position(JsonWriter& json, std::string_view kind, const std::optional<std::uint64_t>& position,
                    std::uint64_t leader_position) {
  const std::string lsn_key = fmt::format("{}lsn", kind);
  const std::string lag_key = fmt::format("{}lag", kind);
  if (position.value_or(0) == 0) {
    json.key(lsn_key).text("unknown");
    json.key(lag_key).text("unknown");
    return;
  }
  json.key(lsn_key).text(lsn_text(*position));
  json.key(lag_key).number(leader_position > *position ? leader_position - *position : 0);
}

void write_member(JsonWriter& json, const MemberView& member, const ClusterView& cluster,
                  const ClusterSettings& settings) {
  const std::string_view role = role_of(member, cluster, settings);
  json.open_object();
  json.key("name").text(member.name);
  json.key("role").text(role);
  const bool replicates = role != "leader" && !member.replication_state.empty();
  json.key("state").text(replicates ? member.replication_state : member.state);
  json.key("api_url").text(member.api_url);
  if (!member.host.empty()) {
    json.key("host").text(member.host);
    if (member.port != 0) json.key("port").number(member.port);
  }
  if (member.timeline) json.key("timeline").number(*member.timeline);
  if (member.pending_restart) json.key("pending_restart").flag(true);
  if (!member.pending_restart_reason.empty())
    json.key("pending_restart_reason").raw(member.pending_restart_reason);
  if (!member.scheduled_restart.empty()) json.key("scheduled_restart").raw(member.scheduled_restart);
  if (!member.tags.empty()) json.key("tags").raw(member.tags);
  if (member.name != cluster.leader) {
    write_position(json, "receive_", member.receive_lsn, cluster.leader_position);
    write_position(json, "replay_", member.replay_lsn, cluster.leader_position);
    write_position(json, "", member.lsn, cluster.leader_position);
  }
  json.close_object();
}

}  // namespace

std::string lsn_text(std::uint64_t position) {
  return fmt::format("{:X}/{:X}", position >> 32, position & 0xffffffff);
}

std::string cluster_json(const NodeSnapshot& snapshot, const ClusterView& cluster) {
  std::vector<const MemberView*> members;
  members.reserve(cluster.members.size());
  for (const MemberView& member : cluster.members) members.push_back(&member);
  std::sort(members.begin(), members.end(), [](const auto* a, const auto* b) { return a->name < b->name; });

  JsonWriter json;
  json.open_object();
  json.key("members").open_list();
  for (const MemberView* member : members) write_member(json, *member, cluster, snapshot.settings);
  json.close_list();
  if (snapshot.settings.paused) json.key("pause").flag(true);
  if (cluster.failover && !cluster.failover->scheduled_at.empty()) {
    json.key("scheduled_switchover").open_object();
    json.key("at").text(cluster.failover->scheduled_at);
    if (!cluster.failover->leader.empty()) json.key("from").text(cluster.failover->leader);
    if (!cluster.failover->candidate.empty()) json.key("to").text(cluster.failover->candidate);
    json.close_object();
  }
  json.key("scope").text(snapshot.scope);
  if (!cluster.problem.empty()) {
    json.key("tamada").open_object();
    json.key("problem").text(cluster.problem);
    json.close_object();
  }
  json.close_object();
  return json.take();
}

}  // namespace tamada::agent
