// Fence: the deadline of the lock, and what may move it.
//
// The deadline is the moment until which the lock's lease lasts for certain, as the agent counted it.
// PostgreSQL is ended fence_margin earlier, so that all is over by then. It belongs to one epoch of the lock:
//
//   * arm() begins an epoch. A time that is too near is refused, and nothing changes: PostgreSQL is not
//     writable yet.
//   * renew() moves the deadline of that epoch, also back, also into the past, which fires it. For another
//     epoch it is ignored: an answer of etcd's that comes late must not keep PostgreSQL writable under a
//     newer lock.
//   * once fired, an epoch is never armed again, nor disarmed or renewed. The last eight are remembered.
//
// expire() comes before everything else whenever time may have passed, so that a renewal which lay in the
// socket while the machine stood still finds the deadline fired. Pure.
#pragma once

#include <array>
#include <cstddef>

#include "agent/guard/protocol/fence_state.h"
#include "agent/guard/protocol/outcome.h"
#include "common/base/time.h"

namespace tamada::guard {

class Fence {
 public:
  static constexpr std::size_t remembered = 8;

  [[nodiscard]] Outcome arm(const LockEpoch& epoch, TimePoint lease_end, TimePoint now);
  [[nodiscard]] Outcome renew(const LockEpoch& epoch, TimePoint lease_end);
  [[nodiscard]] Outcome disarm(const LockEpoch& epoch);
  // True: it fires now, once.
  [[nodiscard]] bool expire(TimePoint now);

  // done, when PostgreSQL may be writable under this lock now; else why not.
  [[nodiscard]] Outcome holds(const LockEpoch& epoch, TimePoint now) const;
  [[nodiscard]] const FenceState& state() const { return state_; }
  // TimePoint::max(): never.
  [[nodiscard]] TimePoint next_turn() const;

  template <class Archive>
  friend void describe(Archive& archive, Fence& fence) {
    describe(archive, fence.state_);
    for (LockEpoch& epoch : fence.fired_) describe(archive, epoch);
  }

 private:
  [[nodiscard]] bool has_fired(const LockEpoch& epoch) const;

  FenceState state_;
  std::array<LockEpoch, remembered> fired_{};  // the newest first
};

}  // namespace tamada::guard
