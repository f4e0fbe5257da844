// The only clock reading of the project. Pure code never calls it: it is handed `now`.
#pragma once

#include "common/base/time.h"

namespace tamada::loop {

// CLOCK_BOOTTIME: goes on while the machine is suspended, never steps back. Any thread. About 30 ns (vDSO).
[[nodiscard]] TimePoint boot_now();

}  // namespace tamada::loop
