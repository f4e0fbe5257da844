#include "agent/api/answers/setting_number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace tamada::agent {
namespace {

using Units = std::array<std::pair<std::string_view, double>, 6>;

constexpr double kilo = 1024;
constexpr Units byte_units{{{"", 1},
                            {"B", 1},
                            {"kB", kilo},
                            {"MB", kilo* kilo},
                            {"GB", kilo* kilo* kilo},
                            {"TB", kilo* kilo* kilo* kilo}}};
constexpr std::array<std::pair<std::string_view, double>, 7> second_units{
    {{"", 1}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}}};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

// Takes the number at the front of `text`.
std::optional<double> take_number(std::string_view& text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.starts_with("0x") || text.starts_with("0X")) {
    std::uint64_t whole = 0;
    const auto [end, error] = std::from_chars(text.data() + 2, text.data() + text.size(), whole, 16);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return negative ? -static_cast<double>(whole) : static_cast<double>(whole);
  }
  if (text.empty() || text.front() == '-' || text.front() == 'i' || text.front() == 'n') return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return negative ? -number : number;
}

template <class Table>
std::optional<double> factor_of(const Table& table, std::string_view unit) {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const auto& entry) { return entry.first == unit; });
  return found == table.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

std::optional<std::int64_t> setting_number(std::string_view text, BaseUnit base) {
  text = trimmed(text);
  const auto number = take_number(text);
  if (!number) return std::nullopt;
  const std::string_view unit = trimmed(text);
  const auto factor = base == BaseUnit::bytes ? factor_of(byte_units, unit) : factor_of(second_units, unit);
  if (!factor) return std::nullopt;
  const double value = std::nearbyint(*number * *factor);
  constexpr double most = 9.2e18;  // of 64 bits, a little less than all
  if (!(value > -most && value < most)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

}  // namespace tamada::agent
