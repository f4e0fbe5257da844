#include "common/patroni/dynamic/python_value.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "common/base/utf8.h"

namespace tamada::patroni {

namespace {

std::string text_of_real(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

// repr() of a text, which is what stands within lists and objects.
std::string repr_of(std::string_view text) {
  const bool doubles = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos;
  const char quote = doubles ? '"' : '\'';
  std::string out(1, quote);
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char c = read_utf8(text.substr(at));
    if (c.code == '\n') {
      out += "\\n";
    } else if (c.code == '\r') {
      out += "\\r";
    } else if (c.code == '\t') {
      out += "\\t";
    } else if (!c.valid || is_control(c.code)) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(c.code));
    } else {
      if (c.code == '\\' || c.code == static_cast<unsigned char>(quote)) out += '\\';
      out += text.substr(at, c.length);
    }
    at += c.length;
  }
  return out + quote;
}

// Within a list or an object. As deep as the value is, which its reader has bounded.
std::string inner_text(const ConfigValue& value) {  // NOLINT(misc-no-recursion)
  if (value.is_string()) return repr_of(value.get_ref<const std::string&>());
  if (!value.is_structured()) return python_text(value);
  std::string out = value.is_array() ? "[" : "{";
  bool first = true;
  for (const auto& [key, item] : value.items()) {
    if (!first) out += ", ";
    first = false;
    if (value.is_object()) out += repr_of(key) + ": ";
    out += inner_text(item);
  }
  return out + (value.is_array() ? "]" : "}");
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

// How many of the base unit one of this unit is; nothing: no such unit here.
std::optional<double> factor_of(std::string_view unit, BaseUnit base) {
  struct Known {
    std::string_view name;
    double factor;  // in bytes, or in seconds
    bool of_time;
  };
  constexpr double k = 1024;
  constexpr std::array<Known, 11> units{{{"B", 1, false},
                                         {"kB", k, false},
                                         {"MB", k * k, false},
                                         {"GB", k * k * k, false},
                                         {"TB", k * k * k * k, false},
                                         {"us", 1e-6, true},
                                         {"ms", 1e-3, true},
                                         {"s", 1, true},
                                         {"min", 60, true},
                                         {"h", 3600, true},
                                         {"d", 86400, true}}};
  for (const Known& known : units) {
    if (known.name != unit || known.of_time != (base == BaseUnit::seconds) || base == BaseUnit::none)
      continue;
    return base == BaseUnit::megabytes ? known.factor / (k * k) : known.factor;
  }
  return std::nullopt;
}

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

// The whole number that the text is; nothing: it is none, or does not end with it.
std::optional<std::int64_t> whole_number(std::string_view text) {
  bool minus = false;
  if (text.starts_with('-') || text.starts_with('+')) {
    minus = text.front() == '-';
    text.remove_prefix(1);
  }
  int base = 10;
  if (text.starts_with("0x")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text.front() == '0') {
    base = 8;
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (error != std::errc{} || end != text.data() + text.size() || value > most) return std::nullopt;
  return minus ? -static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value);
}

std::optional<std::int64_t> number_with_unit(std::string_view text, BaseUnit base) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  const auto unit = without_blanks(text.substr(static_cast<std::size_t>(end - text.data())));
  double factor = 1;
  if (!unit.empty()) {
    const auto known = factor_of(unit, base);
    if (!known) return std::nullopt;
    factor = *known;
  }
  const double rounded = std::nearbyint(value * factor);
  constexpr double most = 9e18;
  if (!std::isfinite(rounded) || std::fabs(rounded) > most) return std::nullopt;
  return static_cast<std::int64_t>(rounded);
}

}  // namespace

std::string python_text(const ConfigValue& value) {  // NOLINT(misc-no-recursion)
  if (value.is_null()) return "None";
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  if (value.is_number_float()) return text_of_real(value.get<double>());
  if (value.is_string()) return value.get<std::string>();
  if (value.is_structured()) return inner_text(value);
  return value.dump();
}

bool python_truth(const ConfigValue& value) {
  if (value.is_null()) return false;
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value.get<double>() != 0;
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  return !value.empty();
}

std::optional<bool> parse_switch(const ConfigValue& value) {
  const std::string text = lower(python_text(value));
  if (text == "on" || text == "true" || text == "yes" || text == "1") return true;
  if (text == "off" || text == "false" || text == "no" || text == "0") return false;
  return std::nullopt;
}

std::optional<std::int64_t> parse_whole(const ConfigValue& value, BaseUnit unit) {
  if (value.is_structured() || value.is_boolean() || value.is_null()) return std::nullopt;
  const std::string text = python_text(value);
  const std::string_view stripped = without_blanks(text);
  if (const auto number = whole_number(stripped)) return number;
  return number_with_unit(stripped, unit);
}

}  // namespace tamada::patroni
