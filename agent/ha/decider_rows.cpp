// Carries out the row that was decided: the short rows here, the long ones in files of their own.
#include <fmt/format.h>

#include "agent/ha/decider_impl.h"

namespace tamada::ha {
namespace {

constexpr Duration look_wait = 2s;         // for a look at the server after an action
constexpr Duration stands_back_for = 10s;  // for somebody else to take the lock that was given up

}  // namespace

// Wakes when it may, where it is only too soon.
bool Decider::Impl::may_begin(ActionKind kind) {
  if (action_.kind != ActionKind::none) return false;
  // What the last action came to has to be seen first; for a stop not for long.
  if (server_.kind == ServerKind::unknown && now_ < action_ended_at_ + look_wait) {
    wake_at(action_ended_at_ + look_wait);
    return false;
  }
  const auto retry = retry_at_.find(kind);
  const bool is_stop = kind == ActionKind::stop_fast || kind == ActionKind::stop_immediate;
  if (!is_stop && retry != retry_at_.end() && now_ < retry->second) {
    wake_at(retry->second);
    return false;
  }
  return true;
}

void Decider::Impl::begin(ActionKind kind, const std::string& from, bool may_replace_data,
                          std::uint32_t timeline) {
  begin(Action{0, kind, from, timeline, may_replace_data});
}

void Decider::Impl::begin(Action action) {
  const ActionKind kind = action.kind;
  if (!may_begin(kind)) return;
  action_ = std::move(action);
  action_.id = next_id();
  if (kind == ActionKind::promote || kind == ActionKind::start_primary) {
    may_write_ = true;
    may_write_since_ = now_;
  }
  if (kind == ActionKind::bootstrap) may_write_since_ = now_;
  tell(HaFactKind::action_begun,
       fmt::format("{}{}{}", name_of(kind), action_.from.empty() ? "" : " from ", action_.from));
  order(BeginAction{action_});
}

void Decider::Impl::cancel_action() {
  if (action_.kind == ActionKind::none || is_cancelling_) return;
  is_cancelling_ = true;
  order(CancelAction{action_.id});
}

void Decider::Impl::stop_at_once() {
  if (action_.kind == ActionKind::stop_immediate) return;
  if (action_.kind != ActionKind::none) return cancel_action();
  handover_.reset();
  sync_plan_.forget();
  demote(ActionKind::stop_immediate);
}

// Told once, when the stop begins.
void Decider::Impl::demote(ActionKind stop) {
  if (!may_begin(stop)) return;
  tell(HaFactKind::demoted, step_.reason, true);
  begin(stop);
}

// Ends the server where it runs, then the lock.
void Decider::Impl::give_up(const std::string& why, ActionKind stop) {
  because(why);
  handover_.reset();
  gives_up_ = true;
  const bool is_harmless = server_.kind == ServerKind::stopped || server_.kind == ServerKind::standby;
  if (is_harmless && !may_write_) {
    stands_back_until_ = now_ + stands_back_for;
    return release();
  }
  if (action_.kind == ActionKind::none) begin(stop);
}

// There is no way back, since the guard is needed for a start. While there is time the standbys get all there is.
void Decider::Impl::give_up_without_guard() {
  const bool is_stop = action_.kind == ActionKind::stop_fast || action_.kind == ActionKind::stop_immediate;
  if (action_.kind != ActionKind::none && !is_stop) cancel_action();
  const bool is_late = lock_standing() == LockStanding::expiring || server_.kind == ServerKind::hung ||
                       failures_[ActionKind::stop_fast] > 0;
  const bool is_stopped = server_.kind == ServerKind::stopped && !may_write_;
  if (guard_.may_still_start && held_ && is_stopped) {
    // It runs out by itself: until then this node's guard may start what it was asked for.
    because("the guard does not answer, and may still carry out a start: the lock is left to run out");
    gives_up_ = true;
    return wake_at(held_->valid_until);
  }
  if (guard_.may_still_start && server_.kind == ServerKind::standby && action_.kind == ActionKind::none) {
    because("the guard does not answer, and may still carry out a promotion");
    gives_up_ = true;
    return begin(is_late ? ActionKind::stop_immediate : ActionKind::stop_fast);
  }
  give_up("the guard does not answer", is_late ? ActionKind::stop_immediate : ActionKind::stop_fast);
}

void Decider::Impl::tell_why_wait() {
  switch (lock_standing()) {
    case LockStanding::unknown:
      return because("DCS is not accessible");
    case LockStanding::foreign:
      return because(fmt::format("waiting until the leader ({}) runs", store_->leader->name));
    default:
      return;
  }
}

void Decider::Impl::carry_out(RowId row) {
  switch (row) {
    case RowId::fenced:
      because("the guard has ended the server");
      cancel_action();
      if (action_.kind == ActionKind::none && server_.kind != ServerKind::unknown) return release();
      return;
    case RowId::writable_without_lock:
      because("demoting self because I do not have the lock and I was a leader");
      return stop_at_once();
    case RowId::guard_missing:
      return give_up_without_guard();
    case RowId::lock_runs_out:
      because("demoting self because DCS is not accessible and I was a leader");
      if (action_.kind == ActionKind::stop_fast || action_.kind == ActionKind::stop_immediate) return;
      if (action_.kind != ActionKind::none) return cancel_action();
      handover_.reset();
      // What does not answer, or did not stop, is not asked again.
      return demote(server_.kind == ServerKind::hung || failures_[ActionKind::stop_fast] > 0
                        ? ActionKind::stop_immediate
                        : ActionKind::stop_fast);
    case RowId::obsolete_action:
      return cancel_action();
    case RowId::action_runs:
      return because(std::string(name_of(action_.kind)) + " in progress");
    case RowId::handing_over:
      return hand_over();
    case RowId::giving_up:
      return give_up("giving the lock up");
    case RowId::leave:
      return leave();
    case RowId::other_system_leads:
      return give_up("system ID mismatch");
    case RowId::no_data_leads:
      return give_up("no usable data directory");
    case RowId::errors_leads:
      return give_up("unexpected errors, one after the other");
    case RowId::ill_leads:
      return give_up("PostgreSQL has been ill for too long");
    case RowId::crashed_often:
      return give_up("PostgreSQL crashes, or does not start, again and again");
    case RowId::crash_hands_over:
      return give_up("PostgreSQL has crashed, and primary_start_timeout is 0");
    case RowId::found_primary:
      if (waits_for_left_lock()) {
        because("waiting for the end of a lock that has my name and is not mine: an earlier run's");
        return wake_at(left_lock_->until);
      }
      return race();
    case RowId::paused_take_lock:
      return acquire();
    case RowId::paused_release:
      because("removed leader lock because postgres is not running as primary");
      return release();
    case RowId::wait_for_data:
      return tell_why_no_data();
    case RowId::bootstrap:
      return bootstrap();
    case RowId::finish_bootstrap:
      return finish_bootstrap();
    case RowId::clone:
      return begin(ActionKind::clone, leader_member()->name);
    case RowId::replace_broken:
    case RowId::clone_diverged:
    case RowId::rewind:
      return rewind_or_clone(row);
    case RowId::start_in_place:
      because("starting primary after failure");
      return start_in_place();
    case RowId::start_read_only:
      because("starting as readonly because i had the session lock");
      return begin(ActionKind::start_standby);
    case RowId::check_histories:
      return check_histories();
    case RowId::start_following:
      return begin(ActionKind::start_standby, upstream());
    case RowId::start_alone:
      return begin(ActionKind::start_standby);
    case RowId::stand_back:
      return wake_at(stands_back_until_);
    case RowId::race:
      return race();
    case RowId::promote:
      return promote();
    case RowId::lead:
      return lead();
    case RowId::paused_lead:
      return lead_in_pause();
    case RowId::paused_wait:
      return wait_in_pause();
    case RowId::follow:
      return follow();
    case RowId::server_unknown:
      return because("PostgreSQL cannot be looked at");
    case RowId::data_unknown:
      return because("the data directory cannot be looked at");
    case RowId::other_system:
    case RowId::prove_lock:
    case RowId::starting:
    case RowId::stopping:
      return;
    case RowId::rejoin_stuck:
      return because("this node has what the leader has not, and nothing is allowed that would mend it");
    case RowId::wait:
      return tell_why_wait();
  }
}

}  // namespace tamada::ha
