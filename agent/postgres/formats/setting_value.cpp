#include "agent/postgres/formats/setting_value.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>

#include "agent/postgres/formats/number_text.h"

namespace tamada::agent {

namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

enum class Kind { memory, time };
struct Unit {
  std::string_view name;
  Kind kind;
  double size;  // bytes, microseconds
};
constexpr std::array<Unit, 11> units{{{"B", Kind::memory, 1},
                                      {"kB", Kind::memory, 1024.0},
                                      {"MB", Kind::memory, 1024.0 * 1024},
                                      {"GB", Kind::memory, 1024.0 * 1024 * 1024},
                                      {"TB", Kind::memory, 1024.0 * 1024 * 1024 * 1024},
                                      {"us", Kind::time, 1},
                                      {"ms", Kind::time, 1e3},
                                      {"s", Kind::time, 1e6},
                                      {"min", Kind::time, 60e6},
                                      {"h", Kind::time, 3600e6},
                                      {"d", Kind::time, 86400e6}}};

std::optional<Unit> unit_named(std::string_view name) {
  const auto* found =
      std::find_if(units.begin(), units.end(), [&](const Unit& one) { return one.name == name; });
  if (found == units.end()) return std::nullopt;
  return *found;
}

// "8kB", "16MB": a count and a unit.
std::optional<Unit> base_unit_named(std::string_view name) {
  const std::size_t digits = std::min(name.find_first_not_of("0123456789"), name.size());
  const auto unit = unit_named(name.substr(digits));
  if (!unit) return std::nullopt;
  if (digits == 0) return unit;
  const auto count = whole_number<std::uint32_t>(name.substr(0, digits));
  if (!count || *count == 0) return std::nullopt;
  return Unit{name, unit->kind, unit->size * *count};
}

// The number that `text` begins with, taken off its front.
std::optional<double> take_number(std::string_view& text) {
  const std::string copy(text);  // strtod wants its end marked
  if (copy.find('\0') != std::string::npos) return std::nullopt;
  char* end = nullptr;
  errno = 0;
  const long long whole = std::strtoll(copy.c_str(), &end, 0);
  const bool is_whole = end != copy.c_str() && errno == 0;
  double value = static_cast<double>(whole);
  if (!is_whole || *end == '.' || *end == 'e' || *end == 'E') {
    // Words that strtod knows and the server does not take as a number's beginning here: inf, nan.
    const std::size_t first = copy.find_first_not_of("+-");
    if (first == std::string::npos ||
        (std::isdigit(static_cast<unsigned char>(copy[first])) == 0 && copy[first] != '.'))
      return std::nullopt;
    value = std::strtod(copy.c_str(), &end);
    if (end == copy.c_str() || !std::isfinite(value)) return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - copy.c_str()));
  return value;
}

std::string enumeration(std::string_view text) {
  std::string word = lower(trimmed(text));
  if (word == "archive" || word == "hot_standby") return "replica";
  if (const auto flag = parse_setting_bool(word)) return *flag ? "on" : "off";
  return word;
}

}  // namespace

std::optional<SettingType> setting_type(std::string_view vartype) {
  if (vartype == "bool") return SettingType::boolean;
  if (vartype == "integer") return SettingType::integer;
  if (vartype == "real") return SettingType::real;
  if (vartype == "string") return SettingType::string;
  if (vartype == "enum") return SettingType::enumeration;
  return std::nullopt;
}

std::optional<bool> parse_setting_bool(std::string_view text) {
  const std::string word = lower(trimmed(text));
  if (word.empty() || word == "o") return std::nullopt;  // on or off
  constexpr std::array<std::pair<std::string_view, bool>, 8> words{{{"true", true},
                                                                    {"false", false},
                                                                    {"yes", true},
                                                                    {"no", false},
                                                                    {"on", true},
                                                                    {"off", false},
                                                                    {"1", true},
                                                                    {"0", false}}};
  for (const auto& [whole, value] : words) {
    if (whole.substr(0, word.size()) == word) return value;
  }
  return std::nullopt;
}

std::optional<double> parse_setting_real(std::string_view text, std::string_view base_unit) {
  std::string_view rest = trimmed(text);
  const auto number = take_number(rest);
  if (!number) return std::nullopt;
  rest = trimmed(rest);
  if (rest.empty()) return number;
  const auto unit = unit_named(rest);
  const auto base = base_unit_named(base_unit);
  if (!unit || !base || unit->kind != base->kind) return std::nullopt;
  return *number * unit->size / base->size;
}

std::optional<std::int64_t> parse_setting_integer(std::string_view text, std::string_view base_unit) {
  const auto number = parse_setting_real(text, base_unit);
  constexpr double most = 9e18;
  if (!number || std::fabs(*number) > most) return std::nullopt;
  return static_cast<std::int64_t>(std::nearbyint(*number));
}

std::optional<bool> same_setting(SettingType type, std::string_view unit, std::string_view a,
                                 std::string_view b) {
  const auto same = [](const auto& one, const auto& other) -> std::optional<bool> {
    if (!one || !other) return std::nullopt;
    return *one == *other;
  };
  switch (type) {
    case SettingType::boolean:
      return same(parse_setting_bool(a), parse_setting_bool(b));
    case SettingType::integer:
      return same(parse_setting_integer(a, unit), parse_setting_integer(b, unit));
    case SettingType::real: {
      const auto one = parse_setting_real(a, unit);
      const auto other = parse_setting_real(b, unit);
      if (!one || !other) return std::nullopt;
      // The server prints fewer digits than it keeps.
      return std::fabs(*one - *other) <= 1e-9 * std::max(std::fabs(*one), std::fabs(*other));
    }
    case SettingType::enumeration:
      return enumeration(a) == enumeration(b);
    case SettingType::string:
      break;
  }
  return a == b;
}

}  // namespace tamada::agent
