// Values of settings as people write them, compared as PostgreSQL reads them: 1GB is 1024MB, on is true, 0x10 is 16
// (manual, "Parameter Names and Values"; guc.c).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tamada::agent {

// pg_settings.vartype.
enum class SettingType { boolean, integer, real, string, enumeration };
[[nodiscard]] std::optional<SettingType> setting_type(std::string_view vartype);

// on, off, true, false, yes, no, 1, 0 in any case, and what begins one of the words so that it is no other's
// beginning ("tru"). None: it is none of them.
[[nodiscard]] std::optional<bool> parse_setting_bool(std::string_view text);

// A number in units of `base_unit`, which is pg_settings.unit: "8kB", "kB", "MB", "B", "ms", "s", "min", or empty:
// without unit. The text may be decimal, hexadecimal, octal (a leading 0) or have a fraction, and may end in a
// unit of the same kind: B kB MB GB TB, us ms s min h d, in exactly this case. None: it is no such number.
[[nodiscard]] std::optional<double> parse_setting_real(std::string_view text, std::string_view base_unit);
// The same, rounded to the nearest whole number, as the server does.
[[nodiscard]] std::optional<std::int64_t> parse_setting_integer(std::string_view text,
                                                                std::string_view base_unit);

// Do both mean the same? None: one of them is no value of that type. Enumerations know no case, and also the
// words of a switch (synchronous_commit: true is on); wal_level's old names archive and hot_standby are replica.
// Strings are compared as they are.
[[nodiscard]] std::optional<bool> same_setting(SettingType type, std::string_view unit, std::string_view a,
                                               std::string_view b);

}  // namespace tamada::agent
