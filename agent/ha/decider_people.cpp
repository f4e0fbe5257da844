// What people's settings and requests change in what the decider knows, and what an earlier run of the agent has seen.
#include <algorithm>

#include "agent/ha/decider_impl.h"

namespace tamada::ha {

void Decider::Impl::take(const ClusterSettings& settings) {
  if (!settings.unsupported.empty() && settings.unsupported != cluster_.unsupported) {
    tell(HaFactKind::settings_refused, settings.unsupported, true);
  }
  // A leader goes on with what was there before what it does not understand.
  if (!settings.unsupported.empty() && may_write_) {
    cluster_.unsupported = settings.unsupported;
    return;
  }
  // Before the lock can move to a shorter lease, its end is believed to be no later than that one's.
  if (held_ && settings.ttl < cluster_.ttl) {
    held_->valid_until = std::min(held_->valid_until, now_ + Duration(settings.ttl));
  }
  const bool mends_otherwise =
      settings.use_pg_rewind != cluster_.use_pg_rewind ||
      settings.remove_data_on_rewind_failure != cluster_.remove_data_on_rewind_failure ||
      settings.remove_data_on_diverged_timelines != cluster_.remove_data_on_diverged_timelines;
  cluster_ = settings;
  if (mends_otherwise) look_at_rejoin_anew();
}

void Decider::Impl::take(const NodeSettings& settings) {
  node_ = settings;
}

void Decider::Impl::take(const OperatorRequest& request) {
  if (action_.kind != ActionKind::none || handover_) return;
  if (request.kind == OperatorRequest::Kind::restart) {
    const bool is_leader = lock_standing() == LockStanding::mine && is_armed();
    if (server_.kind == ServerKind::standby ||
        (server_.kind == ServerKind::primary && (is_leader || cluster_.pause))) {
      return begin(ActionKind::restart);
    }
    // In pause nobody else starts it. As a standby: who leads is for the switchover to say.
    if (cluster_.pause && server_.kind == ServerKind::stopped && server_.data == DataState::present &&
        lock_standing() != LockStanding::mine && !is_other_system()) {
      if (lock_standing() == LockStanding::foreign) follow_ = upstream();
      begin(ActionKind::restart);
    }
    return;
  }
  if (lock_standing() == LockStanding::foreign && leader_runs() && !may_write_ && !is_other_system()) {
    begin(ActionKind::clone, leader_member()->name, true);
    // What somebody asked for ends with a server that runs.
    rejoins_in_pause_ = action_.kind == ActionKind::clone;
  }
}

void Decider::Impl::take(const StoreMemory& memory) {
  memory_ = memory;
  last_leader_ = memory.last_leader;
  newest_seen_ = memory.newest_timeline;
  for (const MemberView& member : memory.members) {
    last_members_[member.name] = member;
    if (member.has_data && member.name != node_.name) had_data_[member.name] = now_;
  }
}

void Decider::Impl::take(const LeaveRequest&) {
  if (!is_leaving_) leaving_since_ = now_;
  is_leaving_ = true;
}

void Decider::Impl::take(const UnexpectedError& error) {
  ++errors_;
  last_error_ = now_;
  tell(HaFactKind::unexpected_error, error.words, true);
}

}  // namespace tamada::ha
