// What a simulated agent's REST API says to routers, by the real rules of agent/api/answers.
#include <utility>

#include "agent/api/answers/health_check.h"
#include "tests/simulation/world/agent_host.h"
#include "tests/simulation/world/world.h"

namespace tamada::simulation {
namespace {

constexpr int looks_shown = 3;  // so many intervals of looking a look is shown for

patroni::ServerState state_of(ha::ServerKind kind) {
  switch (kind) {
    case ha::ServerKind::stopped:
      return patroni::ServerState::stopped;
    case ha::ServerKind::starting:
      return patroni::ServerState::starting;
    case ha::ServerKind::stopping:
      return patroni::ServerState::stopping;
    default:
      return patroni::ServerState::running;
  }
}

patroni::NodeRole role_of(const ha::ServerView& look, const ha::HaState& state) {
  if (look.kind == ha::ServerKind::primary) return patroni::NodeRole::primary;
  if (look.kind == ha::ServerKind::standby) return patroni::NodeRole::replica;
  if (look.kind == ha::ServerKind::stopped && look.was_primary()) {
    return state.holds_lock ? patroni::NodeRole::primary : patroni::NodeRole::demoted;
  }
  return state.may_write ? patroni::NodeRole::primary : patroni::NodeRole::replica;
}

patroni::NodeStatus body_of(const agent::NodeNow& node, std::uint64_t postmaster) {
  const agent::NodeSnapshot& snapshot = *node.snapshot;
  patroni::NodeStatus body;
  body.state = node.state ? patroni::word_of(*node.state) : "unknown";
  body.role = node.role;
  body.role_text = patroni::name_of(node.role);
  if (node.facts != nullptr) {
    body.timeline = node.facts->timeline;
    if (node.facts->in_recovery) {
      body.received_location = node.facts->received;
      body.replayed_location = node.facts->replayed;
    } else {
      body.location = node.facts->flushed;
    }
    body.postmaster_start_time = std::to_string(postmaster);
    body.replication_state =
        node.facts->replication_state == agent::ReplicationState::streaming ? "streaming" : "";
  }
  body.sync_standby = node.is_sync_standby;
  body.pause = snapshot.settings.paused;
  body.cluster_unlocked = node.is_unlocked;
  body.dcs_last_seen = snapshot.dcs_last_seen;
  body.system_identifier = snapshot.server.system_identifier;
  body.patroni_version = snapshot.version;
  body.scope = snapshot.scope;
  body.name = snapshot.name;
  return body;
}

}  // namespace

agent::NodeSnapshot AgentHost::rest_snapshot() const {
  const TimePoint now = world_.scheduler().now();
  const ha::HaState state = decider_->state(now);
  // What the agent before it saw is not known to this one.
  const ha::ServerView look = last_look_.as_of >= began_ ? last_look_ : ha::ServerView{};
  agent::NodeSnapshot snapshot;
  snapshot.scope = "sim";
  snapshot.name = name_;
  snapshot.server.state = state_of(look.kind);
  snapshot.server.role = role_of(look, state);
  snapshot.server.system_identifier = look.system_id;
  const TimePoint shown_until = look.as_of + looks_shown * 1s;
  const bool has_facts = look.kind == ha::ServerKind::primary || look.kind == ha::ServerKind::standby;
  if (has_facts && now < shown_until) {
    agent::ServerFacts facts;
    facts.asked_at = look.as_of;
    facts.valid_until = shown_until;
    facts.in_recovery = look.kind == ha::ServerKind::standby;
    facts.takes_writes = !facts.in_recovery;
    if (look.timeline != 0) facts.timeline = look.timeline;
    facts.flushed = look.written.value_or(0);
    facts.received = look.received;
    facts.replayed = look.replayed;
    if (look.is_receiving) facts.replication_state = agent::ReplicationState::streaming;
    snapshot.server.facts = facts;
  }
  snapshot.settings.paused = known_settings_.pause;
  snapshot.settings.ttl = known_settings_.ttl;
  if (known_settings_.synchronous_mode) snapshot.settings.synchronous_mode = patroni::SynchronousMode::on;
  if (heard_store_) {
    agent::ClusterView cluster;
    cluster.valid_until = *heard_store_ + Duration(known_settings_.ttl);
    const auto& keys = mirror_->keys();
    if (keys.leader()) cluster.leader = keys.leader()->value;
    if (keys.sync()) cluster.sync.standbys = keys.sync()->value.voters;
    snapshot.cluster = std::move(cluster);
    snapshot.dcs_last_seen = 1;
  }
  const bool has_fired = guard_.fence().standing == guard::FenceStanding::fired;
  if (state.holds_lock && !has_fired) snapshot.lock_valid_until = state.lock_valid_until;
  return snapshot;
}

AgentHost::RestAnswer AgentHost::answer_check(std::string_view path) const {
  const agent::NodeSnapshot snapshot = rest_snapshot();
  const agent::NodeNow node = agent::node_at(snapshot, world_.scheduler().now());
  return {agent::health_status(node, path, {}, agent::PrimaryMeans::takes_writes),
          body_of(node, last_look_.postmaster)};
}

// GET /cluster reads etcd anew.
void AgentHost::read_cluster(const std::function<void(std::optional<patroni::ClusterMembers>)>& done) {
  session_->range({prefix_ + "leader"}, [this, done](const etcd::Outcome<etcd::RangeReply>& reply) {
    if (!reply) return done(std::nullopt);
    patroni::ClusterMembers members;
    members.scope = "sim";
    members.pause = known_settings_.pause;
    for (const auto& member : mirror_->keys().members()) {
      patroni::ClusterMember one;
      one.name = member.name;
      one.role = !reply->kvs.empty() && reply->kvs[0].value == member.name ? "leader" : "replica";
      one.state = "running";
      one.api_url = "http://" + member.name + ":8008/patroni";
      members.members.push_back(std::move(one));
    }
    done(std::move(members));
  });
}

}  // namespace tamada::simulation
