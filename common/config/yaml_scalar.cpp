#include "common/config/yaml_scalar.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <utility>
#include <vector>

#include "common/base/utf8.h"

namespace tamada {

namespace {

using Kind = YamlScalar::Kind;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_digit_or_line(char c) {
  return is_digit(c) || c == '_';
}
bool is_binary(char c) {
  return c == '0' || c == '1' || c == '_';
}
bool is_octal(char c) {
  return (c >= '0' && c <= '7') || c == '_';
}
bool is_hex(char c) {
  return is_digit_or_line(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

template <std::size_t n>
bool is_one_of(std::string_view text, const std::array<std::string_view, n>& words) {
  for (const std::string_view word : words) {
    if (text == word) return true;
  }
  return false;
}

// Takes the text from its beginning, part by part.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  bool take(std::string_view part) {
    if (!rest_.starts_with(part)) return false;
    rest_.remove_prefix(part.size());
    return true;
  }
  bool take_any(std::string_view characters) {
    if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // How many characters it took.
  std::size_t take_while(bool (*is)(char)) {
    std::size_t count = 0;
    while (count < rest_.size() && is(rest_[count])) ++count;
    rest_.remove_prefix(count);
    return count;
  }
  // [0-9][0-9_]*
  bool take_digits() { return !rest_.empty() && is_digit(rest_.front()) && take_while(is_digit_or_line) > 0; }
  // (?::[0-5]?[0-9])+
  bool take_sixties() {
    bool any = false;
    while (rest_.size() > 1 && rest_.front() == ':' && is_digit(rest_[1])) {
      const bool two = rest_.size() > 2 && is_digit(rest_[2]);
      if (two && rest_[1] > '5') return false;
      rest_.remove_prefix(two ? 3 : 2);
      any = true;
    }
    return any;
  }

 private:
  std::string_view rest_;
};

std::string without_lines(std::string_view text) {
  std::string kept;
  for (const char c : text) {
    if (c != '_') kept += c;
  }
  return kept;
}

bool take_sign(std::string_view& text) {
  const bool minus = text.starts_with('-');
  if (minus || text.starts_with('+')) text.remove_prefix(1);
  return minus;
}

std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ':') {
      parts.emplace_back();
    } else if (c != '_') {
      parts.back() += c;
    }
  }
  return parts;
}

// --- integers

std::optional<std::int64_t> with_sign(std::uint64_t magnitude, bool minus) {
  constexpr auto most = std::uint64_t{std::numeric_limits<std::int64_t>::max()};
  if (magnitude > most + (minus ? 1 : 0)) return std::nullopt;
  if (!minus) return static_cast<std::int64_t>(magnitude);
  return magnitude > most ? std::numeric_limits<std::int64_t>::min() : -static_cast<std::int64_t>(magnitude);
}

std::optional<std::uint64_t> digits_of(std::string_view digits, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> sixties_of(std::string_view text) {
  std::uint64_t value = 0;
  for (const std::string& part : parts_of(text)) {
    const auto digits = digits_of(part, 10);
    if (!digits || value > (std::numeric_limits<std::uint64_t>::max() - *digits) / 60) return std::nullopt;
    value = value * 60 + *digits;
  }
  return value;
}

std::optional<std::int64_t> integer_of(std::string_view text) {
  const bool minus = take_sign(text);
  std::optional<std::uint64_t> magnitude;
  if (text.starts_with("0b")) {
    magnitude = digits_of(without_lines(text.substr(2)), 2);
  } else if (text.starts_with("0x")) {
    magnitude = digits_of(without_lines(text.substr(2)), 16);
  } else if (text.starts_with('0')) {
    magnitude = digits_of(without_lines(text), 8);
  } else {
    magnitude = sixties_of(text);
  }
  return magnitude ? with_sign(*magnitude, minus) : std::nullopt;
}

bool is_integer(std::string_view text) {
  (void)take_sign(text);
  Cursor cursor(text);
  if (cursor.take("0b")) return cursor.take_while(is_binary) > 0 && cursor.at_end();
  if (cursor.take("0x")) return cursor.take_while(is_hex) > 0 && cursor.at_end();
  if (text.starts_with('0')) return cursor.take_while(is_octal) > 0 && cursor.at_end();
  if (!cursor.take_digits()) return false;
  return cursor.at_end() || (cursor.take_sixties() && cursor.at_end());
}

// --- reals

// ([eE][-+][0-9]+)?
bool ends_with_exponent(Cursor& cursor) {
  if (cursor.at_end()) return true;
  return cursor.take_any("eE") && cursor.take_any("+-") && cursor.take_while(is_digit) > 0 && cursor.at_end();
}

bool is_real(std::string_view text) {
  Cursor bare(text);
  if (bare.take(".") && bare.take_digits()) return ends_with_exponent(bare);
  (void)take_sign(text);
  Cursor cursor(text);
  if (!cursor.take_digits()) return false;
  if (cursor.take(".")) {
    cursor.take_while(is_digit_or_line);
    return ends_with_exponent(cursor);
  }
  if (!cursor.take_sixties() || !cursor.take(".")) return false;
  cursor.take_while(is_digit_or_line);
  return cursor.at_end();
}

std::optional<double> double_of(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> real_of(std::string_view text) {
  const bool minus = take_sign(text);
  double value = 0;
  double weight = 1;
  const std::vector<std::string> parts = parts_of(text);
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    const auto number = double_of(*part);
    if (!number) return std::nullopt;
    value += *number * weight;
    weight *= 60;
  }
  return minus ? -value : value;
}

std::optional<double> special_real(std::string_view text) {
  if (is_one_of<3>(text, {".nan", ".NaN", ".NAN"})) return std::numeric_limits<double>::quiet_NaN();
  const bool minus = take_sign(text);
  if (!is_one_of<3>(text, {".inf", ".Inf", ".INF"})) return std::nullopt;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  return minus ? -infinity : infinity;
}

// --- for the typed readers

Error other_than(const YamlNode& node, std::string_view expected) {
  if (node.kind == YamlNode::Kind::list || node.kind == YamlNode::Kind::map) {
    return {ErrorKind::invalid,
            fmt::format("found {}; expected {}", node.kind == YamlNode::Kind::list ? "a list" : "settings",
                        expected)};
  }
  if (node.kind == YamlNode::Kind::null) {
    return {ErrorKind::invalid, fmt::format("no value; expected {}", expected)};
  }
  constexpr std::size_t enough = 60;
  return {ErrorKind::invalid, fmt::format("\"{}\"{}: expected {}", shortened(node.text, enough),
                                          node.quoted && resolve_plain(node.text).kind != Kind::text
                                              ? " is text, since it stands in quotes"
                                              : "",
                                          expected)};
}

bool is_scalar(const YamlNode& node) {
  return node.kind == YamlNode::Kind::scalar || node.kind == YamlNode::Kind::null;
}

}  // namespace

YamlScalar resolve_plain(std::string_view text) {
  if (is_one_of<5>(text, {"", "~", "null", "Null", "NULL"})) return {Kind::null, false, {}, {}};
  if (is_one_of<9>(text, {"yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"}))
    return {Kind::boolean, true, {}, {}};
  if (is_one_of<9>(text, {"no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"}))
    return {Kind::boolean, false, {}, {}};
  if (is_integer(text)) return {Kind::integer, false, integer_of(text), {}};
  if (is_real(text)) return {Kind::real, false, {}, real_of(text)};
  if (const auto special = special_real(text)) return {Kind::real, false, {}, special};
  return {};
}

YamlScalar scalar_of(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::null) return {Kind::null, false, {}, {}};
  return node.quoted ? YamlScalar{} : resolve_plain(node.text);
}

Result<bool> yaml_boolean(const YamlNode& node) {
  constexpr std::string_view expected = "true or false";
  if (!is_scalar(node)) return tl::make_unexpected(other_than(node, expected));
  const YamlScalar scalar = scalar_of(node);
  if (scalar.kind != Kind::boolean) return tl::make_unexpected(other_than(node, expected));
  return scalar.boolean;
}

Result<std::int64_t> yaml_integer(const YamlNode& node) {
  constexpr std::string_view expected = "a whole number of at most 64 bits";
  if (!is_scalar(node)) return tl::make_unexpected(other_than(node, expected));
  const YamlScalar scalar = scalar_of(node);
  if (scalar.kind != Kind::integer || !scalar.integer) return tl::make_unexpected(other_than(node, expected));
  return *scalar.integer;
}

Result<double> yaml_real(const YamlNode& node) {
  constexpr std::string_view expected = "a number";
  if (!is_scalar(node)) return tl::make_unexpected(other_than(node, expected));
  const YamlScalar scalar = scalar_of(node);
  if (scalar.kind == Kind::integer && scalar.integer) return static_cast<double>(*scalar.integer);
  if (scalar.kind != Kind::real || !scalar.real) return tl::make_unexpected(other_than(node, expected));
  return *scalar.real;
}

Result<std::string> yaml_text(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::scalar) return tl::make_unexpected(other_than(node, "text"));
  return node.text;
}

}  // namespace tamada
