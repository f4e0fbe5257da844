// Whole numbers with a unit as PostgreSQL reads them in its settings, and Patroni in ?lag= and in the timeout of a restart:
// "16kB", "1.5 MB", "0x10", "30s"; a leading zero means nothing here. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tamada::agent {

enum class BaseUnit { bytes, seconds };

// In the base unit, rounded; a number without a unit is of the base unit already. Units are B, kB, MB, GB, TB, or us, ms, s,
// min, h, d; upper and lower case differ. None: no number, an unknown unit, or more than 64 bits hold.
[[nodiscard]] std::optional<std::int64_t> setting_number(std::string_view text, BaseUnit base);

}  // namespace tamada::agent
