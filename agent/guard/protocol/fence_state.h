// The deadline that PostgreSQL may be writable until, as the guard holds it.
#pragma once

#include <cstdint>

#include "agent/guard/protocol/lock_epoch.h"
#include "common/base/time.h"

namespace tamada::guard {

// So long before the lease ends everything is being ended: SIGQUIT, 0.1 s later SIGKILL, and time for a busy
// machine.
inline constexpr Duration fence_margin = 500ms;

enum class FenceStanding : std::uint8_t {
  disarmed,  // no deadline
  armed,     // at lease_end - fence_margin PostgreSQL is ended
  fired,     // that has come, for this epoch for good
};
inline constexpr FenceStanding last_fence_standing = FenceStanding::fired;

struct FenceState {
  FenceStanding standing = FenceStanding::disarmed;
  LockEpoch epoch;        // of the lock; when disarmed, the last one
  TimePoint lease_end{};  // on the boot-time clock
  TimePoint fired_at{};   // TimePoint{}: never
  bool operator==(const FenceState&) const = default;

  [[nodiscard]] TimePoint fires_at() const {
    return lease_end < TimePoint(fence_margin) ? TimePoint{} : lease_end - fence_margin;
  }
};

template <class Archive>
void describe(Archive& archive, FenceState& fence) {
  archive.field(fence.standing, last_fence_standing);
  describe(archive, fence.epoch);
  archive.field(fence.lease_end);
  archive.field(fence.fired_at);
}

}  // namespace tamada::guard
