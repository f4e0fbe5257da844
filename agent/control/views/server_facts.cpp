#include "agent/control/views/server_facts.h"

#include <string>

namespace tamada::agent {
namespace {

constexpr int intervals_shown = 3;

std::optional<WallTime> wall_time(const std::string& text) {
  const auto parsed = parse_timestamp(text);
  if (!parsed) return std::nullopt;
  return parsed->at;
}

std::optional<std::string> unless_empty(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return text;
}

std::optional<std::uint32_t> timeline_of(const ServerLook& look) {
  if (look.view.timeline != 0) return look.view.timeline;
  const ServerStatus& status = *look.status;
  if (!status.in_recovery) return status.timeline;
  if (status.receiver && status.receiver->timeline) return status.receiver->timeline;
  return status.checkpoint_timeline;
}

void add_standby(const ServerStatus& status, ServerFacts& facts) {
  const ReceiverStatus* receiver = status.receiver ? &*status.receiver : nullptr;
  facts.received = status.received ? status.received : status.replayed;
  if (receiver != nullptr && receiver->written) facts.received = receiver->written;
  facts.replayed = status.replayed;
  if (status.replayed_at) facts.replayed_at = wall_time(*status.replayed_at);
  facts.replay_paused = status.is_replay_paused;
  if (receiver != nullptr) facts.leader_end = receiver->latest_end;
  if (receiver != nullptr && receiver->status == "streaming") {
    facts.replication_state = ReplicationState::streaming;
  } else if (!status.restore_command.empty()) {
    facts.replication_state = ReplicationState::in_archive_recovery;
  }
}

WalSender sender_of(const SenderStatus& status) {
  WalSender sender;
  sender.usename = unless_empty(status.user);
  sender.application_name = status.application_name;
  sender.client_addr = unless_empty(status.client_address);
  sender.state = unless_empty(status.state);
  sender.sync_state = unless_empty(status.sync_state);
  sender.sync_priority = status.sync_priority;
  return sender;
}

}  // namespace

TimePoint look_ends(const ControlState& state) {
  return state.look.view.as_of + intervals_shown * state.look_interval;
}

std::optional<ServerFacts> server_facts(const ControlState& state, TimePoint now) {
  if (!state.look.status || now >= look_ends(state)) return std::nullopt;
  const ServerStatus& status = *state.look.status;
  ServerFacts facts;
  facts.asked_at = state.look.view.as_of;
  facts.valid_until = look_ends(state);
  facts.postmaster_start_time = wall_time(status.postmaster_start_time);
  facts.server_version = status.server_version;
  facts.in_recovery = status.in_recovery;
  facts.takes_writes = !status.in_recovery && state.takes_writes;
  facts.timeline = timeline_of(state.look);
  facts.flushed = status.flushed.value_or(0);
  if (status.in_recovery) add_standby(status, facts);
  facts.wal_senders.reserve(status.senders.size());
  for (const SenderStatus& sender : status.senders) facts.wal_senders.push_back(sender_of(sender));
  return facts;
}

}  // namespace tamada::agent
