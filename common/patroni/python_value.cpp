#include "common/patroni/python_value.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace tamada::patroni {
namespace {

using Json = nlohmann::ordered_json;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), lower);
  return text;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\n\r\f\v";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// repr() of a float: the shortest digits that give it back, with an exponent below 1e-4 and from 1e16 on.
std::string float_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  std::array<char, 64> buffer{};
  const double size = std::abs(value);
  const bool fixed = value == 0 || (size >= 1e-4 && size < 1e16);
  const auto format = fixed ? std::chars_format::fixed : std::chars_format::scientific;
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format);
  std::string text(buffer.data(), error == std::errc{} ? end : buffer.data());
  if (fixed && text.find('.') == std::string::npos) text += ".0";
  return text;
}

bool is_digit(char c, int base) {
  const char letter = lower(c);
  if (base == 16 && letter >= 'a' && letter <= 'f') return true;
  return c >= '0' && c < '0' + std::min(base, 10);
}

// The whole number at the beginning, as strtol with base 0; `rest` is what stands behind it.
std::optional<std::int64_t> leading_int(std::string_view text, std::string_view& rest) {
  rest = text;
  const bool negative = !text.empty() && text.front() == '-';
  if (negative || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
  int base = 10;
  if (text.size() > 2 && text[0] == '0' && text[1] == 'x' && is_digit(text[2], 16)) {
    base = 16;
    text.remove_prefix(2);
  } else if (!text.empty() && text[0] == '0') {
    base = 8;
  }
  std::size_t digits = 0;
  while (digits < text.size() && is_digit(text[digits], base)) ++digits;
  if (digits == 0) return std::nullopt;
  const std::string number = (negative ? "-" : "") + std::string(text.substr(0, digits));
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value, base);
  if (error != std::errc{}) return std::nullopt;
  rest = text.substr(digits);
  return value;
}

// The nearest whole number, of two the even one.
std::optional<std::int64_t> rounded(double value) {
  const double whole = std::nearbyint(value);
  if (!(std::abs(whole) < 9.2e18)) return std::nullopt;
  return static_cast<std::int64_t>(whole);
}

std::optional<std::int64_t> whole_float(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return rounded(value);
}

}  // namespace

std::string PythonValue::text() const {
  struct Words {
    std::string operator()(std::monostate) const { return "None"; }
    std::string operator()(bool value) const { return value ? "True" : "False"; }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const { return float_text(value); }
    std::string operator()(const std::string& value) const { return value; }
    std::string operator()(const Nested& value) const { return value.json; }
  };
  return std::visit(Words{}, held_);
}

std::string PythonValue::query_text() const {
  return as_text() != nullptr ? *as_text() : lower_case(text());
}

bool PythonValue::is_truthy() const {
  struct Truth {
    bool operator()(std::monostate) const { return false; }
    bool operator()(bool value) const { return value; }
    bool operator()(std::int64_t value) const { return value != 0; }
    bool operator()(double value) const { return value != 0; }
    bool operator()(const std::string& value) const { return !value.empty(); }
    bool operator()(const Nested& value) const { return !value.is_empty; }
  };
  return std::visit(Truth{}, held_);
}

std::optional<std::int64_t> PythonValue::as_int() const {
  if (const auto* whole = std::get_if<std::int64_t>(&held_)) return *whole;
  if (const auto* real = std::get_if<double>(&held_)) return rounded(*real);
  if (as_text() == nullptr) return std::nullopt;
  const std::string_view text = trimmed(*as_text());
  std::string_view rest;
  const auto whole = leading_int(text, rest);
  const bool is_float = !rest.empty() && (rest[0] == '.' || (whole && lower(rest[0]) == 'e'));
  if (is_float) return whole_float(text);
  if (!whole || !trimmed(rest).empty()) return std::nullopt;
  return whole;
}

std::optional<bool> PythonValue::as_bool() const {
  const std::string word = lower_case(text());
  if (word == "on" || word == "true" || word == "yes" || word == "1") return true;
  if (word == "off" || word == "false" || word == "no" || word == "0") return false;
  return std::nullopt;
}

PythonValue PythonValue::of(const Json& json) {
  if (json.is_null()) return {};
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_string()) return json.get<std::string>();
  if (json.is_structured()) return PythonValue(Nested{compact_json(json), json.empty()});
  const bool fits = json.is_number_integer() &&
                    (!json.is_number_unsigned() || json.get<std::uint64_t>() <= std::uint64_t{INT64_MAX});
  if (fits) return json.get<std::int64_t>();
  return json.get<double>();
}

Json PythonValue::to_json() const {
  struct Maker {
    Json operator()(std::monostate) const { return nullptr; }
    Json operator()(bool value) const { return value; }
    Json operator()(std::int64_t value) const { return value; }
    Json operator()(double value) const { return value; }
    Json operator()(const std::string& value) const { return value; }
    Json operator()(const Nested& value) const { return Json::parse(value.json, nullptr, false); }
  };
  return std::visit(Maker{}, held_);
}

const PythonValue* find_value(const PythonDict& dict, std::string_view key) {
  const auto found =
      std::find_if(dict.begin(), dict.end(), [&](const auto& entry) { return entry.first == key; });
  return found == dict.end() ? nullptr : &found->second;
}

std::string compact_json(const Json& value) {
  return value.dump(-1, ' ', true, Json::error_handler_t::replace);
}

}  // namespace tamada::patroni
