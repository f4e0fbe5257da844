// The machine's watchdog device.
#pragma once

#include <cstdint>
#include <string>

namespace tamada::agent {

struct WatchdogConfig {
  enum class Mode : std::uint8_t { automatic, off, required };
  Mode mode = Mode::automatic;
  std::string device = "/dev/watchdog";
  std::int32_t safety_margin = 5;  // s between the device's end and the lock's; -1: half of the ttl
  std::string driver = "default";  // or "testing"
  bool operator==(const WatchdogConfig&) const = default;
};

}  // namespace tamada::agent
