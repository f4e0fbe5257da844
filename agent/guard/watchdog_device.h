// WatchdogDevice: a watchdog of Linux (its watchdog-api.rst): once open it resets the machine when it is not pinged
// within its timeout, whatever else hangs. Closed in the orderly way ("V" first) it does so no more; where the kernel
// was built or loaded with nowayout it does all the same.
//
// A device file lies in memory (devtmpfs), and none of these calls waits for a disk.
#pragma once

#include "common/base/unique_fd.h"

namespace tamada::guard {

class WatchdogDevice {
 public:
  WatchdogDevice() = default;
  // One that was opened by the program before this.
  explicit WatchdogDevice(UniqueFd device) : device_(std::move(device)) {}

  // With its first ping; sets and pings one that is open already. `timeout`: seconds. 0, or an errno, and it is
  // closed. ENOTTY: it takes no timeout, or another one than was asked for, so that what it does is not known.
  [[nodiscard]] int open(const char* path, unsigned timeout);
  void ping() const;
  void close();
  [[nodiscard]] bool is_open() const { return device_.is_open(); }
  [[nodiscard]] int fd() const { return device_.get(); }

 private:
  UniqueFd device_;
};

}  // namespace tamada::guard
