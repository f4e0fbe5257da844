// Whole numbers and lines of what PostgreSQL's programs and files say, read strictly. Pure.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace tamada::agent {

// The whole text is one number that fits, without blanks and without a plus. None otherwise.
template <class Number>
[[nodiscard]] std::optional<Number> whole_number(std::string_view text, int base = 10) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value, base);
  if (text.empty() || error != std::errc{} || stopped != end) return std::nullopt;
  return value;
}

// Without blanks, tabs and carriage returns at both ends.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// The next line of `rest`, which then begins behind it. `is_whole`: a newline ended it.
struct TextLine {
  std::string_view text;
  bool is_whole = false;
};
[[nodiscard]] constexpr std::optional<TextLine> take_line(std::string_view& rest) {
  if (rest.empty()) return std::nullopt;
  const std::size_t end = rest.find('\n');
  const bool is_whole = end != std::string_view::npos;
  const std::string_view line = rest.substr(0, end);
  rest = is_whole ? rest.substr(end + 1) : std::string_view{};
  return TextLine{line, is_whole};
}

}  // namespace tamada::agent
