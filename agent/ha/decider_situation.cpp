// What is known, boiled down to what the decision table asks.
#include <algorithm>

#include "agent/ha/decider_impl.h"

namespace tamada::ha {
namespace {

// A look at the server that is older says nothing any more.
constexpr Duration look_limit = 10s;
// How long a server may not answer, not flush its WAL, or be down on data that cannot be read, before a leader gives up.
constexpr Duration illness_limit = 10s;
// Crashes of the server in ten minutes until a leader gives up.
constexpr std::size_t crash_limit = 4;
// And of its starts in place that fail, one after the other.
constexpr int start_limit = 3;
constexpr int error_limit = 3;

}  // namespace

bool Decider::Impl::store_is_fresh() const {
  if (!store_ || now_ - store_->as_of > cluster_.retry_timeout) return false;
  // What was written is in a view of its revision, or in one that was asked for after the answer.
  return store_->revision >= written_revision_ || store_->as_of >= written_at_;
}

LockStanding Decider::Impl::lock_standing() const {
  if (held_ && !held_->is_proved && now_ < held_->valid_until) return LockStanding::unproved;
  if (held_ && now_ < held_->valid_until) {
    return now_ + offline_lead() >= held_->valid_until ? LockStanding::expiring : LockStanding::mine;
  }
  if (held_ || !store_is_fresh()) return LockStanding::unknown;
  // The watch may show the key that this node's own transaction has made before that is answered.
  const bool is_taking = lock_call_ == LockReport::Operation::acquire;
  if (is_taking && store_->leader && store_->leader->name == node_.name) return LockStanding::unknown;
  return store_->leader ? LockStanding::foreign : LockStanding::free;
}

const MemberView* Decider::Impl::leader_member() const {
  return store_ && store_->leader ? store_->member(store_->leader->name) : nullptr;
}

bool Decider::Impl::leader_runs() const {
  const MemberView* member = leader_member();
  return member != nullptr && member->name != node_.name && member->is_running &&
         member->role == patroni::NodeRole::primary;
}

bool Decider::Impl::is_other_system() const {
  // What this node has just made, and nobody has used, is set aside instead.
  return store_ && !store_->initialize.empty() && !server_.system_id.empty() &&
         store_->initialize != server_.system_id && !is_bootstrapping_;
}

bool Decider::Impl::waits_for_left_lock() const {
  return left_lock_ && now_ < left_lock_->until && server_.kind == ServerKind::primary && !held_ &&
         store_->leader && store_->leader->lease == left_lock_->key.lease;
}

bool Decider::Impl::somebody_could_lead() const {
  if (!store_) return false;
  return std::any_of(store_->members.begin(), store_->members.end(), [this](const MemberView& member) {
    if (member.name == node_.name || !member.is_running || member.tags.nofailover) return false;
    return store_->sync.mod_revision == 0 || store_->sync.has_standby(member.name);
  });
}

bool Decider::Impl::is_obsolete(const Action& action, LockStanding lock) const {
  switch (action.kind) {
    case ActionKind::promote:
    case ActionKind::start_primary:
      return !cluster_.pause && lock != LockStanding::mine && lock != LockStanding::expiring;
    case ActionKind::bootstrap:
      return lock == LockStanding::foreign || !store_->initialize.empty();
    case ActionKind::clone:
    case ActionKind::rewind:
    case ActionKind::check_divergence:
      return lock == LockStanding::free ||
             (lock == LockStanding::foreign && store_->leader->name != action.from);
    default:
      return false;
  }
}

// And somebody else may do better.
bool Decider::Impl::crashes_often() const {
  const auto recent =
      std::count_if(crashes_.begin(), crashes_.end(), [this](TimePoint at) { return at + 10min >= now_; });
  const bool cannot_start = std::any_of(failures_.begin(), failures_.end(), [](const auto& one) {
    const bool is_start = one.first == ActionKind::start_primary || one.first == ActionKind::start_standby;
    return is_start && one.second >= start_limit;
  });
  return (static_cast<std::size_t>(recent) >= crash_limit || cannot_start) && somebody_could_lead();
}

bool Decider::Impl::is_overdue() const {
  if (action_.kind != ActionKind::none) return false;
  // It comes up again and again under one postmaster.
  if (server_.kind == ServerKind::starting && crashes_often()) return true;
  if (server_.kind == ServerKind::starting || server_.kind == ServerKind::stopping) {
    // 0: the settings ask for a fail-over instead of a wait, where somebody can take over.
    const Duration limit = cluster_.primary_start_timeout;
    return limit > 0s ? now_ >= kind_since_ + limit
                      : now_ >= kind_since_ + illness_limit && somebody_could_lead();
  }
  const bool is_down_unreadable = server_.kind == ServerKind::stopped && server_.data == DataState::unknown;
  const bool is_ill = server_.kind == ServerKind::hung || server_.kind == ServerKind::unknown ||
                      server_.is_stalled || is_down_unreadable;
  return is_ill && now_ >= kind_since_ + illness_limit;
}

Situation Decider::Impl::situation() const {
  Situation s;
  s.lock = lock_standing();
  s.has_seen_store = store_.has_value();
  s.leader_is_known = leader_runs();
  s.data = server_.data;
  s.server = now_ - server_.as_of > look_limit && action_.kind == ActionKind::none ? ServerKind::unknown
                                                                                   : server_.kind;
  s.may_write = may_write_;
  // A handover or a copy that somebody asked for in a pause ends with this node behind the leader.
  s.is_paused = cluster_.pause && !rejoins_in_pause_;
  s.is_leaving = is_leaving_;
  s.guard_fired = guard_.has_fired && held_ && guard_.epoch == held_->epoch;
  s.guard_is_missing = guard_.is_missing;
  s.action = action_.kind;
  s.action_is_obsolete = is_obsolete(action_, s.lock);
  s.is_handing_over = handover_.has_value();
  s.is_giving_up = gives_up_;
  s.is_bootstrapping = is_bootstrapping_ || action_.kind == ActionKind::bootstrap;
  s.is_other_system = is_other_system();
  s.has_initialize = store_ && store_->has_initialize && !has_claim_;
  // A store that was wiped looks like a new one: who has data speaks up again in a moment.
  s.may_bootstrap =
      node_.may_bootstrap && !node_.tags.nofailover && now_ >= races_not_before_ && other_with_data().empty();
  s.may_replace_data = cluster_.remove_data_on_rewind_failure || cluster_.remove_data_on_diverged_timelines;
  s.was_primary = server_.was_primary();
  s.is_found_primary = is_found_primary_;
  s.is_superseded = server_.kind == ServerKind::primary && store_ && server_.timeline != 0 &&
                    server_.timeline < newest_stored_timeline();
  s.waits_for_left_lock = waits_for_left_lock();
  s.is_candidate = store_ && store_->failover.is_asked_for() && store_->failover.candidate == node_.name;
  s.stands_back = now_ < stands_back_until_;
  s.is_overdue = is_overdue();
  s.has_crashed_often = crashes_often();
  s.hands_over_crash = cluster_.primary_start_timeout == 0s && server_.was_primary() &&
                       server_.control != ControlState::shut_down && somebody_could_lead();
  s.has_failed_often = errors_ >= error_limit;
  s.rejoin = rejoin_.state;
  return s;
}

}  // namespace tamada::ha
