// Durations and sizes as people write them in a configuration file, and back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/base/time.h"

namespace tamada {

// "100ms", "3s", "1.5s", "5min" (also "5m"), "1h", "0"; a bare number other than 0 is refused, since nobody
// can tell its unit.
Result<Duration> parse_duration(std::string_view text);
// The shortest exact spelling: "100ms", "3s", "5min".
std::string format_duration(Duration span);

// "16MB" is 16 x 1024^2, as PostgreSQL counts; also B, kB, GB, TB (any case); a bare number is bytes.
Result<std::uint64_t> parse_size(std::string_view text);
// "16MB", or bytes where no unit divides it.
std::string format_size(std::uint64_t bytes);

}  // namespace tamada
