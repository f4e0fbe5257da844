// Values of JSON and YAML as Patroni's Python sees them: as text, as numbers, as switches. Members compare
// configurations by these texts, so an agent among Python members has to see the same ones.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tamada::patroni {

// A value with its type; the keys of an object keep the order in which they were written.
using ConfigValue = nlohmann::ordered_json;

// str(): True, None, 1.0, 1e+16; a text as it is; lists and objects as Python writes them ("['a', 1]").
[[nodiscard]] std::string python_text(const ConfigValue& value);

// bool(): not null, false, 0 or empty. A text such as "false" is true.
[[nodiscard]] bool python_truth(const ConfigValue& value);

// Patroni's parse_bool: on, true, yes, 1 and off, false, no, 0, in any case, of text, booleans and numbers.
[[nodiscard]] std::optional<bool> parse_switch(const ConfigValue& value);

// What a bare number counts, where a value may have a unit (as PostgreSQL's settings may).
enum class BaseUnit : std::uint8_t { none, bytes, megabytes, seconds };

// Patroni's parse_int: a whole number, also as text (decimal, 0x hexadecimal, 0 octal), or a number with a
// unit ("16MB", "30min"; upper and lower case count) where `unit` allows one; what is not whole is rounded.
// Nothing: no such number, or more than 64 bits.
[[nodiscard]] std::optional<std::int64_t> parse_whole(const ConfigValue& value,
                                                      BaseUnit unit = BaseUnit::none);

}  // namespace tamada::patroni
