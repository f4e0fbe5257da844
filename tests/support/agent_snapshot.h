// Snapshots of an agent's node for tests of its REST API: a leader pg1 and a replica pg2 of one cluster with three members, at
// rest, as they are at `agent_now`. Each test changes what it is about.
#pragma once

#include <string>

#include "agent/api/answers/node_snapshot.h"

namespace tamada::agent {

inline constexpr TimePoint agent_now{1000s};

inline MemberView agent_member(const std::string& name, std::uint64_t lsn) {
  MemberView member;
  member.name = name;
  member.state = "running";
  member.api_url = "http://" + name + ":8008/patroni";
  member.host = name;
  member.port = 5432;
  member.timeline = 3;
  member.lsn = lsn;
  return member;
}

inline ClusterView agent_cluster() {
  ClusterView cluster;
  cluster.revision = 100;
  cluster.valid_until = agent_now + 20s;
  cluster.members = {agent_member("pg2", 5000), agent_member("pg1", 5000), agent_member("pg3", 4000)};
  for (MemberView& member : cluster.members) {
    if (member.name == "pg1") continue;
    member.replication_state = "streaming";
    member.receive_lsn = member.lsn;
    member.replay_lsn = *member.lsn - 500;
  }
  cluster.leader = "pg1";
  cluster.leader_position = 5000;
  cluster.config = ConfigView{R"({"ttl": 30})", 42};
  return cluster;
}

inline NodeSnapshot agent_leader() {
  NodeSnapshot node;
  node.scope = "orders";
  node.name = "pg1";
  node.server.state = patroni::ServerState::running;
  node.server.role = patroni::NodeRole::primary;
  node.server.system_identifier = "7567123412341234123";
  ServerFacts facts;
  facts.asked_at = agent_now - 1s;
  facts.valid_until = agent_now + 5s;
  facts.postmaster_start_time = WallTime(std::chrono::microseconds(1'762'195'202'551'209));
  facts.server_version = 150006;
  facts.in_recovery = false;
  facts.takes_writes = true;
  facts.timeline = 3;
  facts.flushed = 5000;
  node.server.facts = facts;
  node.cluster = agent_cluster();
  node.lock_valid_until = agent_now + 10s;
  node.guard = {GuardState::armed, agent_now + 9500ms};
  node.next_run = agent_now + 5s;
  node.dcs_last_seen = 1'762'195'301;
  return node;
}

inline NodeSnapshot agent_replica() {
  NodeSnapshot node = agent_leader();
  node.name = "pg2";
  node.server.role = patroni::NodeRole::replica;
  ServerFacts& facts = *node.server.facts;
  facts.in_recovery = true;
  facts.takes_writes = false;
  facts.received = 5000;
  facts.replayed = 4500;
  facts.leader_end = 5000;
  facts.replication_state = ReplicationState::streaming;
  node.lock_valid_until = TimePoint::min();
  node.guard = {GuardState::disarmed, {}};
  return node;
}

}  // namespace tamada::agent
