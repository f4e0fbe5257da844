#include "router/shell/fact_history.h"

#include <fmt/format.h>

#include <ctime>

namespace tamada::router {

std::string iso_time(std::chrono::system_clock::time_point at) {
  const auto since = std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch());
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(since).count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     (since - std::chrono::seconds(seconds)).count());
}

}  // namespace tamada::router
