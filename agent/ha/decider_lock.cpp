// The lock and the guard: renewed while there is a reason, armed before the server may write, disarmed when it cannot.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/ha/decider_impl.h"

namespace tamada::ha {
namespace {

constexpr Duration guard_pause = 500ms;  // until an order to the guard is repeated that nothing came of

}  // namespace

// How long before its end a lock is given up that cannot be renewed: time for an orderly stop before the guard's.
Duration Decider::Impl::offline_lead() const {
  return std::min<Duration>(5s, Duration(cluster_.ttl) / 4);
}

bool Decider::Impl::is_armed() const {
  return held_ && guard_.is_armed && guard_.epoch == held_->epoch && !guard_.has_fired;
}

void Decider::Impl::arm() {
  if (now_ < guard_asked_ + guard_pause) return wake_at(guard_asked_ + guard_pause);
  guard_asked_ = now_;
  order(ArmGuard{held_->epoch, held_->valid_until});
}

void Decider::Impl::keep_lock() {
  if (!held_ || lock_call_ || gives_up_ || has_left_) return;
  // A lock that is renewed lasts, and nobody would end the server with it. In a pause the guard is off in any case.
  if (guard_.is_missing && !cluster_.pause) return;
  // After an unexpected error the lock is not renewed, so that it ends where nobody knows what is going on.
  if (now_ < last_error_ + cluster_.loop_wait && errors_ > 0)
    return wake_at(last_error_ + cluster_.loop_wait);
  if (now_ < renew_at_) return wake_at(renew_at_);
  lock_call_ = LockReport::Operation::renew;
  order(RenewLock{});
}

void Decider::Impl::keep_guard() {
  if (held_ && held_->is_proved) {
    if (now_ + offline_lead() < held_->valid_until) wake_at(held_->valid_until - offline_lead());
    wake_at(held_->valid_until);
  }
  // Nothing of the server can write: the guard has nothing to end. In pause nobody is ended. A lock that runs out over a
  // server that was stopped in time may still be proved anew, unless the guard fires for it.
  const bool runs_out = !held_ || now_ + offline_lead() >= held_->valid_until;
  const bool is_idle = !may_write_ && action_.kind == ActionKind::none &&
                       (server_.kind == ServerKind::standby || server_.kind == ServerKind::stopped) &&
                       runs_out;
  // Before the guard is off in a pause, everybody must be able to see that: who then finds the lock free leaves it alone.
  const MemberView* me = store_ ? store_->member(node_.name) : nullptr;
  const bool is_off_in_pause = cluster_.pause && me != nullptr && me->is_paused;
  if (!guard_.is_armed || !(is_idle || is_off_in_pause)) return;
  if (now_ < guard_asked_ + guard_pause) return wake_at(guard_asked_ + guard_pause);
  guard_asked_ = now_;
  order(DisarmGuard{});
}

void Decider::Impl::acquire() {
  if (lock_call_ || held_) return;
  if (now_ < acquire_not_before_) return wake_at(acquire_not_before_);
  acquire_not_before_ = now_ + 1s;
  lock_call_ = LockReport::Operation::acquire;
  order(AcquireLock{store_->sync.mod_revision, is_bootstrapping_});
}

void Decider::Impl::release() {
  const bool is_harmless = server_.kind == ServerKind::stopped || server_.kind == ServerKind::standby;
  if (lock_call_ || !held_ || may_write_ || !is_harmless) return;
  if (now_ < release_not_before_) return wake_at(release_not_before_);
  gives_up_ = true;
  lock_call_ = LockReport::Operation::release;
  if (std::exchange(release_told_, held_->epoch) != held_->epoch) {
    tell(HaFactKind::lock_given_up, step_.reason.empty() ? std::string("the lock is released") : step_.reason,
         true);
  }
  order(ReleaseLock{server_.kind == ServerKind::stopped ? server_.position() : std::nullopt});
}

}  // namespace tamada::ha
