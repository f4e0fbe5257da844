// Points in time and spans of it. No clock here: pure code is handed `now`; others read it with
// loop::boot_now().
#pragma once

#include <chrono>

namespace tamada {

// Counts microseconds since the machine booted and goes on counting while it is suspended (CLOCK_BOOTTIME),
// so that what was believed before a virtual machine was paused is old afterwards. Never steps back.
struct BootClock {
  using duration = std::chrono::microseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock, duration>;
  static constexpr bool is_steady = true;
};

using Duration = BootClock::duration;
using TimePoint = BootClock::time_point;

using std::chrono_literals::operator""us;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""min;

[[nodiscard]] constexpr long long to_ms(Duration span) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
}

}  // namespace tamada
