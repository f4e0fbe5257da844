#include "agent/guard/rules/fence.h"

#include <algorithm>

namespace tamada::guard {

bool Fence::has_fired(const LockEpoch& epoch) const {
  return std::find(fired_.begin(), fired_.end(), epoch) != fired_.end();
}

Outcome Fence::arm(const LockEpoch& epoch, TimePoint lease_end, TimePoint now) {
  if (!epoch.is_set()) return Outcome::invalid;
  if (has_fired(epoch)) return Outcome::fired;
  FenceState next;
  next.standing = FenceStanding::armed;
  next.epoch = epoch;
  next.lease_end = lease_end;
  next.fired_at = state_.fired_at;
  if (next.fires_at() <= now) return Outcome::too_late;
  state_ = next;
  return Outcome::done;
}

Outcome Fence::renew(const LockEpoch& epoch, TimePoint lease_end) {
  if (epoch.is_set() && has_fired(epoch)) return Outcome::fired;
  if (state_.standing != FenceStanding::armed || state_.epoch != epoch) return Outcome::other_epoch;
  state_.lease_end = lease_end;
  return Outcome::done;
}

Outcome Fence::disarm(const LockEpoch& epoch) {
  if (epoch.is_set() && has_fired(epoch)) return Outcome::fired;
  if (state_.epoch != epoch) return Outcome::other_epoch;
  state_.standing = FenceStanding::disarmed;
  return Outcome::done;
}

bool Fence::expire(TimePoint now) {
  if (state_.standing != FenceStanding::armed || now < state_.fires_at()) return false;
  state_.standing = FenceStanding::fired;
  state_.fired_at = now;
  std::rotate(fired_.begin(), fired_.end() - 1, fired_.end());
  fired_.front() = state_.epoch;
  return true;
}

Outcome Fence::holds(const LockEpoch& epoch, TimePoint now) const {
  if (epoch.is_set() && has_fired(epoch)) return Outcome::fired;
  if (state_.standing != FenceStanding::armed) return Outcome::not_armed;
  if (state_.epoch != epoch) return Outcome::other_epoch;
  return now < state_.fires_at() ? Outcome::done : Outcome::too_late;
}

TimePoint Fence::next_turn() const {
  return state_.standing == FenceStanding::armed ? state_.fires_at() : TimePoint::max();
}

}  // namespace tamada::guard
