// Moments of the calendar as Patroni's REST API writes and reads them. Pure: nobody looks at a clock here.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tamada::agent {

// In UTC: only shown, and compared for schedules. No decision about the lock looks at it.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

// A moment as somebody wrote it, with the offset from UTC that was written.
struct Timestamp {
  WallTime at{};
  std::optional<std::chrono::minutes> offset;  // none: no time zone was written; `at` counts it as UTC

  bool operator==(const Timestamp&) const = default;
};

// "2026-11-29T12:05:00+01:00": a date and a time of ISO 8601, with T or a blank between, seconds and their fraction or not;
// the zone as Z, UTC, GMT, +01:00, +0100 or +01, or none. A date alone is its midnight. None: it is something else.
[[nodiscard]] std::optional<Timestamp> parse_timestamp(std::string_view text);

// "2026-11-29T12:05:00+01:00", with six digits of the second's fraction where it is not 0. Without an offset: UTC.
[[nodiscard]] std::string iso_text(const Timestamp& timestamp);
// "2026-11-29 11:05:00.000000+00:00", as postmaster_start_time stands in a status.
[[nodiscard]] std::string status_text(WallTime at);
// Seconds since 1970 for a metric: "1732878300.000000".
[[nodiscard]] std::string epoch_text(WallTime at);

}  // namespace tamada::agent
