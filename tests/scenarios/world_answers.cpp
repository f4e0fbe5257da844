// What nodes say when they are asked.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tests/scenarios/world.h"

namespace tamada::router::scenario {

void World::answer(const Ask& ask, TimePoint sent) {
  const WorldNode* node = node_of(ask.node);
  const bool rest_hangs = node->rest == WorldNode::Rest::silent || node->latency >= policy.checks.timeout;
  const bool hangs = ask.kind == AskKind::postgres ? false : rest_hangs;
  if (hangs && now_ < sent + policy.checks.timeout) {
    later(sent + policy.checks.timeout - now_, [this, ask, sent] { answer(ask, sent); });
    return;
  }
  out_.erase({ask.node, ask.kind});
  const bool told = node->rest == WorldNode::Rest::answers && !rest_hangs;
  switch (ask.kind) {
    case AskKind::master:
    case AskKind::replica:
      poll_answer(ask, sent, node);
      return;
    case AskKind::cluster: {
      ClusterAnswer answer{ask.node, sent, {}};
      if (told && !node->cluster_fails) answer.members = cluster_of(*node);
      apply(answer);
      return;
    }
    case AskKind::config:
      apply(ConfigAnswer{ask.node, sent, told ? std::optional<Duration>(30s) : std::nullopt});
      return;
    case AskKind::postgres:
      apply(postgres_answer(ask.node, sent, *node));
      return;
  }
}

PostgresAnswer World::postgres_answer(NodeId id, TimePoint sent, const WorldNode& node) {
  PostgresAnswer answer{id, sent, node.postgres};
  if (node.postgres || node.rest == WorldNode::Rest::unresolved) return answer;
  answer.silence = node.postgres_hangs ? Silence::timeout : Silence::refused;
  answer.words = node.postgres_hangs ? "no answer within 2000 ms"
                                     : fmt::format("connect to {}:5432: connection refused", node.address);
  return answer;
}

void World::poll_answer(const Ask& ask, TimePoint sent, const WorldNode* node) {
  PollAnswer answer;
  answer.node = ask.node;
  answer.asked = ask.kind;
  answer.sent = sent;
  answer.postgres = Address::from_ip(node->address, 5432).value();
  const auto silence = [&](Silence what, const char* words) {
    answer.silence = what;
    answer.words = words;
    answer.postgres = {};
  };
  switch (node->rest) {
    case WorldNode::Rest::silent:
      silence(Silence::timeout, "no answer within 2000 ms");
      break;
    case WorldNode::Rest::refuses:
      silence(Silence::refused, "connection refused");
      break;
    case WorldNode::Rest::resets:
      silence(Silence::reset, "connection reset");
      break;
    case WorldNode::Rest::unresolved:
      silence(Silence::unresolved, "unknown name");
      break;
    case WorldNode::Rest::garbage:
      silence(Silence::malformed, "not Patroni's answer");
      break;
    case WorldNode::Rest::answers: {
      if (node->latency >= policy.checks.timeout) {
        silence(Silence::timeout, "no answer within 2000 ms");
        break;
      }
      answer.body = status_of(*node);
      const bool runs = node->state == "running" || node->state == "unknown";
      const bool replica = node->role == "replica" && runs && !node->lock && !answer.body->tags.noloadbalance;
      answer.status = (ask.kind == AskKind::master ? node->lock : replica) ? 200 : 503;
      break;
    }
  }
  apply(answer);
}

patroni::NodeStatus World::status_of(const WorldNode& node) const {
  patroni::NodeStatus status;
  status.state = node.state;
  status.role_text = node.role;
  status.role = patroni::node_role(node.role);
  if (node.state == "running") {
    status.timeline = node.timeline;
    if (node.role == "primary") {
      status.location = node.position;
    } else {
      status.received_location = status.replayed_location = node.position;
    }
  }
  status.sync_standby = node.sync;
  status.tags = node.tags;
  status.system_identifier = node.system_id;
  if (node.state == "running") status.postmaster_start_time = node.started;
  status.scope = node.scope;
  status.name = node.told_name;
  status.patroni_version = node.patroni_version;
  const bool follows = node.role == "replica" || node.role == "standby_leader";
  if (node.state == "running" && follows) status.replication_state = node.replication_state;
  status.dcs_last_seen = node.has_read_store ? 1 : 0;
  status.pause = paused && node.has_read_store;
  return status;
}

patroni::ClusterMembers World::cluster_of(const WorldNode& giver) const {
  patroni::ClusterMembers members;
  members.scope = giver.scope;
  members.pause = paused;
  const std::string leader = giver.cluster_names.value_or(lock_holder);
  bool listed = false;
  for (const auto& node : nodes_) {
    if (node->scope != giver.scope || node->rest == WorldNode::Rest::unresolved) continue;
    patroni::ClusterMember member;
    member.name = member_name_of(*node);
    member.role = member.name == leader ? "leader" : "replica";
    member.state = "running";
    member.api_url =
        fmt::format("http://{}:8008/patroni", node->member_name.empty() ? node->label : node->member_name);
    if (member.is_leader()) listed = true;
    members.members.push_back(std::move(member));
  }
  if (!listed && !leader.empty()) {
    patroni::ClusterMember stranger;
    stranger.name = leader;
    stranger.role = "leader";
    members.members.push_back(std::move(stranger));
  }
  return members;
}

}  // namespace tamada::router::scenario
