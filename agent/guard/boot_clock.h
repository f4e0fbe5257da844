// The guard's only look at the clock.
#pragma once

#include <ctime>

#include "common/base/time.h"

namespace tamada::guard {

// CLOCK_BOOTTIME, which the agent counts the lease by, and which goes on while the machine is suspended.
[[nodiscard]] inline TimePoint boot_now() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return TimePoint(std::chrono::seconds(now.tv_sec) + Duration(now.tv_nsec / 1000));
}

}  // namespace tamada::guard
