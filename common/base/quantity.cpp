#include "common/base/quantity.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace tamada {

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 6> duration_units{{{"us", 1},
                                              {"ms", 1'000},
                                              {"s", 1'000'000},
                                              {"min", 60'000'000},
                                              {"m", 60'000'000},
                                              {"h", 3'600'000'000}}};
constexpr std::array<Unit, 5> size_units{
    {{"b", 1}, {"kb", 1ULL << 10}, {"mb", 1ULL << 20}, {"gb", 1ULL << 30}, {"tb", 1ULL << 40}}};

struct Parts {
  double number;
  std::string unit;  // lower case
};

Result<Parts> split(std::string_view text, std::string_view expected) {
  Parts parts{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parts.number);
  if (error != std::errc{} || parts.number < 0 || !std::isfinite(parts.number)) {
    return fail(ErrorKind::invalid, fmt::format("\"{}\": expected {}", text, expected));
  }
  std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  for (const char c : unit) parts.unit += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return parts;
}

template <class Units>
const Unit* find_unit(const Units& units, std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  constexpr std::string_view expected = "a duration such as 100ms, 3s, 5min or 1h";
  auto parts = split(text, expected);
  if (!parts) return tl::make_unexpected(parts.error());
  if (parts->unit.empty() && parts->number == 0) return Duration::zero();
  const Unit* unit = find_unit(duration_units, parts->unit);
  if (unit == nullptr) {
    return fail(ErrorKind::invalid,
                parts->unit.empty()
                    ? fmt::format("\"{}\": the unit is missing; expected {}", text, expected)
                    : fmt::format("\"{}\": unknown unit \"{}\"; expected {}", text, parts->unit, expected));
  }
  const double value = parts->number * static_cast<double>(unit->factor);
  constexpr double a_century = 100.0 * 365 * 86400 * 1e6;
  if (value > a_century) return fail(ErrorKind::invalid, fmt::format("\"{}\": longer than a century", text));
  return Duration(std::llround(value));
}

std::string format_duration(Duration span) {
  const auto us = span.count();
  if (us == 0) return "0s";
  constexpr std::array<Unit, 4> shown{
      {{"h", 3'600'000'000}, {"min", 60'000'000}, {"s", 1'000'000}, {"ms", 1'000}}};
  for (const Unit& unit : shown) {
    if (us % static_cast<std::int64_t>(unit.factor) == 0) {
      return fmt::format("{}{}", us / static_cast<std::int64_t>(unit.factor), unit.name);
    }
  }
  return fmt::format("{}us", us);
}

Result<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::string_view expected = "a size such as 16MB (16 x 1024 x 1024 bytes), 512kB or 1GB";
  auto parts = split(text, expected);
  if (!parts) return tl::make_unexpected(parts.error());
  const Unit* unit = parts->unit.empty() ? &size_units[0] : find_unit(size_units, parts->unit);
  if (unit == nullptr) {
    return fail(ErrorKind::invalid,
                fmt::format("\"{}\": unknown unit \"{}\"; expected {}", text, parts->unit, expected));
  }
  const double value = parts->number * static_cast<double>(unit->factor);
  if (value >= static_cast<double>(std::numeric_limits<std::int64_t>::max())) {
    return fail(ErrorKind::invalid, fmt::format("\"{}\": larger than any size", text));
  }
  return static_cast<std::uint64_t>(std::llround(value));
}

std::string format_size(std::uint64_t bytes) {
  constexpr std::array<Unit, 4> shown{
      {{"TB", 1ULL << 40}, {"GB", 1ULL << 30}, {"MB", 1ULL << 20}, {"kB", 1ULL << 10}}};
  for (const Unit& unit : shown) {
    if (bytes != 0 && bytes % unit.factor == 0) return fmt::format("{}{}", bytes / unit.factor, unit.name);
  }
  return fmt::format("{}B", bytes);
}

}  // namespace tamada
