#include "agent/guard/watchdog_device.h"

#include <fcntl.h>
#include <linux/watchdog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

namespace tamada::guard {

int WatchdogDevice::open(const char* path, unsigned timeout) {
  // A second opening is refused by the device (EBUSY).
  if (!is_open()) device_.reset(::open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!is_open()) return errno;
  int seconds = static_cast<int>(timeout);
  const bool is_set = ::ioctl(device_.get(), WDIOC_SETTIMEOUT, &seconds) == 0;
  // The device says what it made of it. One that would act later is no protection; earlier, it resets a
  // machine that is well.
  if (!is_set || seconds != static_cast<int>(timeout)) {
    const int code = is_set ? ENOTTY : errno;
    close();
    return code;
  }
  ping();
  return 0;
}

void WatchdogDevice::ping() const {
  // Any byte but V.
  if (is_open()) static_cast<void>(!::write(device_.get(), "1", 1));
}

void WatchdogDevice::close() {
  if (is_open()) static_cast<void>(!::write(device_.get(), "V", 1));
  device_.reset();
}

}  // namespace tamada::guard
