// The rows of a node that is to follow a leader: compare the histories, mend what differs, follow.
#include <fmt/format.h>

#include "agent/ha/decider_impl.h"

namespace tamada::ha {
namespace {

// A standby that receives nothing for this long, although its leader runs, is compared with it once more: a stream from a
// former leader may have brought something after the first comparison.
constexpr Duration receives_nothing_limit = 30s;

}  // namespace

void Decider::Impl::track_rejoin() {
  if (may_write_) rejoin_ = {};
  if (lock_standing() != LockStanding::foreign) return;
  const LeaderKeyView& leader = *store_->leader;
  if (rejoin_.leader_epoch != leader.create_revision || rejoin_.leader_lease != leader.lease) {
    const bool is_stuck = rejoin_.state == Rejoin::stuck;
    rejoin_ = RejoinState{leader.create_revision, leader.lease, Rejoin::unchecked,
                          rejoin_.has_recovered_alone && is_stuck};
    retry_at_.erase(ActionKind::check_divergence);
    failures_.erase(ActionKind::rewind);
  }
  // A WAL receiver streams only where the histories fit.
  if (server_.kind == ServerKind::standby && server_.is_receiving && server_.follows == leader.name) {
    rejoin_.state = Rejoin::fits;
  }
  if (rejoin_.state != Rejoin::fits || server_.is_receiving) rejoin_.proved_at = now_;
  const bool should_receive =
      server_.kind == ServerKind::standby && !server_.follows.empty() && leader_runs();
  if (should_receive && now_ >= rejoin_.proved_at + receives_nothing_limit) rejoin_.state = Rejoin::unchecked;
}

bool Decider::Impl::has_diverged() const {
  return rejoin_.state == Rejoin::stuck || rejoin_.state == Rejoin::must_rewind ||
         rejoin_.state == Rejoin::must_clone;
}

// What may be done about histories that do not fit has changed.
void Decider::Impl::look_at_rejoin_anew() {
  if (!has_diverged()) return;
  rejoin_.state = Rejoin::unchecked;
  failures_.erase(ActionKind::rewind);
  for (const ActionKind kind : {ActionKind::check_divergence, ActionKind::rewind, ActionKind::clone}) {
    retry_at_.erase(kind);
  }
}

std::string Decider::Impl::upstream() const {
  if (node_.tags.nostream) return {};
  const std::string& from = node_.tags.replicatefrom;
  if (!from.empty() && from != node_.name) {
    const MemberView* member = store_->member(from);
    if (member != nullptr && member->is_running) return from;
  }
  // A key with our own name and a lease that is not ours is a stranger's, whom nobody can follow by this name.
  return store_->leader->name == node_.name ? std::string() : store_->leader->name;
}

void Decider::Impl::follow() {
  follow_ = upstream();
  because(fmt::format("no action. I am ({}), a secondary, and following a leader ({})", node_.name,
                      store_->leader->name));
  if (rejoin_.state == Rejoin::unchecked && leader_runs())
    begin(ActionKind::check_divergence, store_->leader->name);
}

// A setting of a server that runs; whether it can follow is found out after the pause.
void Decider::Impl::wait_in_pause() {
  if (lock_standing() == LockStanding::foreign) follow_ = upstream();
}

void Decider::Impl::diverged() {
  if (cluster_.use_pg_rewind) {
    rejoin_.state = Rejoin::must_rewind;
  } else if (cluster_.remove_data_on_diverged_timelines) {
    rejoin_.state = Rejoin::must_clone;
  } else {
    rejoin_.state = Rejoin::stuck;
    tell(HaFactKind::rejoin_failed,
         "this node has what the leader has not, and neither pg_rewind nor a copy is allowed", true);
  }
}

void Decider::Impl::check_histories() {
  follow_ = upstream();
  const bool has_crashed = server_.was_primary() && server_.control != ControlState::shut_down;
  // Only one that succeeded counts: without it the end of this node's log is not known, and so cannot be compared. What it
  // failed by (a full disk) may go.
  if (has_crashed && !rejoin_.has_recovered_alone) {
    if (failures_[ActionKind::recover_alone] > 0)
      because("the crashed server could not recover; it is tried again");
    return begin(ActionKind::recover_alone);
  }
  begin(ActionKind::check_divergence, store_->leader->name);
}

void Decider::Impl::rewind_or_clone(RowId row) {
  follow_ = upstream();
  if (server_.kind == ServerKind::standby) return begin(ActionKind::stop_fast);
  if (row == RowId::rewind) {
    // pg_rewind compares the leader's control file, which tells of the new timeline only after this checkpoint.
    if (leader_member()->has_checkpoint_pending) {
      because("the leader's first checkpoint is not over");
      return wake_at(now_ + 1s);
    }
    return begin(ActionKind::rewind, store_->leader->name);
  }
  begin(ActionKind::clone, store_->leader->name, true);
}

}  // namespace tamada::ha
