// The hardware watchdog (/dev/watchdog), as the guard holds it.
#pragma once

#include <cstdint>

namespace tamada::guard {

enum class WatchdogStanding : std::uint8_t {
  none,      // none is configured
  closed,    // it resets nobody
  open,      // it resets the machine when it is not pinged for `timeout`
  unusable,  // it could not be opened, or takes no such timeout: `code`, an errno
};
inline constexpr WatchdogStanding last_watchdog_standing = WatchdogStanding::unusable;

struct WatchdogState {
  WatchdogStanding standing = WatchdogStanding::none;
  std::uint32_t timeout = 0;  // seconds
  int code = 0;
  bool operator==(const WatchdogState&) const = default;
};

template <class Archive>
void describe(Archive& archive, WatchdogState& watchdog) {
  archive.field(watchdog.standing, last_watchdog_standing);
  archive.field(watchdog.timeout);
  archive.field(watchdog.code);
}

}  // namespace tamada::guard
