#include "agent/api/answers/status_json.h"

#include <algorithm>

#include "agent/api/answers/json_writer.h"

namespace tamada::agent {
namespace {

// Patroni tells of its log only where more lines than these wait.
constexpr std::uint64_t usual_log_queue = 2;

void write_positions(JsonWriter& json, const ServerFacts& facts) {
  json.key("xlog").open_object();
  if (facts.in_recovery) {
    // Left out where it is not known: Patroni's members take the larger of the two, which fails with a null.
    if (facts.received) json.key("received_location").number(*facts.received);
    if (facts.replayed) json.key("replayed_location").number(*facts.replayed);
    json.key("replayed_timestamp");
    if (facts.replayed_at) {
      json.text(status_text(*facts.replayed_at));
    } else {
      json.null();
    }
    json.key("paused").flag(facts.replay_paused);
  } else {
    json.key("location").number(facts.flushed);
  }
  json.close_object();
}

void write_wal_senders(JsonWriter& json, const ServerFacts& facts) {
  if (facts.wal_senders.empty()) return;
  json.key("replication").open_list();
  for (const WalSender& sender : facts.wal_senders) {
    json.open_object();
    json.key("usename").text_or_null(sender.usename);
    json.key("application_name").text_or_null(sender.application_name);
    json.key("client_addr").text_or_null(sender.client_addr);
    json.key("state").text_or_null(sender.state);
    json.key("sync_state").text_or_null(sender.sync_state);
    json.key("sync_priority").number_or_null(sender.sync_priority);
    json.close_object();
  }
  json.close_list();
}

void write_facts(JsonWriter& json, const NodeNow& node) {
  const ServerFacts& facts = *node.facts;
  if (facts.postmaster_start_time) {
    json.key("postmaster_start_time").text(status_text(*facts.postmaster_start_time));
  }
  json.key("role").text(patroni::name_of(node.role));
  json.key("server_version").number(facts.server_version);
  write_positions(json, facts);
  if (node.is_sync_standby) json.key("sync_standby").flag(true);
  if (node.is_quorum_standby) json.key("quorum_standby").flag(true);
  json.key("timeline").number_or_null(facts.timeline);
  if (const auto word = word_of(facts.replication_state); !word.empty())
    json.key("replication_state").text(word);
  write_wal_senders(json, facts);
}

std::string_view word_of(GuardState state) {
  switch (state) {
    case GuardState::missing:
      break;
    case GuardState::disarmed:
      return "disarmed";
    case GuardState::armed:
      return "armed";
    case GuardState::fired:
      return "fired";
  }
  return "missing";
}

// What holds until a moment is told as the time that is left: clocks of other machines say nothing about it.
void write_guard(JsonWriter& json, const NodeNow& node) {
  const GuardView& guard = node.snapshot->guard;
  json.key("guard").open_object();
  json.key("state").text(word_of(guard.state));
  if (guard.state == GuardState::armed) {
    json.key("ends_in_ms").number(to_ms(std::max<Duration>(guard.ends_at - node.at, 0ms)));
  }
  json.close_object();
}

}  // namespace

std::string_view word_of(ReplicationState state) {
  switch (state) {
    case ReplicationState::streaming:
      return "streaming";
    case ReplicationState::in_archive_recovery:
      return "in archive recovery";
    case ReplicationState::none:
      break;
  }
  return "";
}

std::string status_json(const NodeNow& node) {
  const NodeSnapshot& snapshot = *node.snapshot;
  JsonWriter json;
  json.open_object();
  json.key("state").text(node.state ? patroni::word_of(*node.state) : "unknown");
  if (node.facts != nullptr) {
    write_facts(json, node);
  } else {
    json.key("role").text(patroni::name_of(node.role));
  }
  if (snapshot.settings.paused) json.key("pause").flag(true);
  if (node.is_unlocked) json.key("cluster_unlocked").flag(true);
  if (snapshot.failsafe_is_active) json.key("failsafe_mode_is_active").flag(true);
  json.key("dcs_last_seen").number(snapshot.dcs_last_seen);
  if (!snapshot.effective_tags.empty()) json.key("tags").raw(snapshot.effective_tags);
  if (!snapshot.server.system_identifier.empty()) {
    json.key("database_system_identifier").text(snapshot.server.system_identifier);
  }
  if (!snapshot.pending_restart_reason.empty()) {
    json.key("pending_restart").flag(true);
    json.key("pending_restart_reason").raw(snapshot.pending_restart_reason);
  }
  json.key("patroni").open_object();
  json.key("version").text(snapshot.version);
  json.key("scope").text(snapshot.scope);
  json.key("name").text(snapshot.name);
  json.close_object();
  // For the other agents of Tamada: by this object they know that this node can vote. Patroni's members do not read it.
  json.key("tamada").open_object();
  json.key("version").text(snapshot.agent_version);
  json.key("receiver_gone");
  // A vote is one with a position that was read afterwards.
  if (node.facts != nullptr && snapshot.receiver_gone_since) {
    json.number(*snapshot.receiver_gone_since);
  } else {
    json.null();
  }
  write_guard(json, node);
  std::string problem = snapshot.problem;
  if (node.cluster != nullptr && !node.cluster->problem.empty()) {
    problem += (problem.empty() ? "" : "; ") + node.cluster->problem;
  }
  if (!problem.empty()) json.key("problem").text(problem);
  json.close_object();
  if (!snapshot.scheduled_restart.empty()) json.key("scheduled_restart").raw(snapshot.scheduled_restart);
  if (snapshot.watchdog_failed) json.key("watchdog_failed").flag(true);
  if (snapshot.log_queue > usual_log_queue) {
    json.key("logger_queue_size").number(snapshot.log_queue);
    if (snapshot.log_lost > 0) json.key("logger_records_lost").number(snapshot.log_lost);
  }
  json.close_object();
  return json.take();
}

}  // namespace tamada::agent
