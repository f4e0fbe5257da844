#include "common/config/setting_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "common/base/quantity.h"
#include "common/base/spelling.h"
#include "common/base/utf8.h"

namespace tamada {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = text.find_first_of(",\n");
    const std::string_view part = trimmed(text.substr(0, end));
    if (!part.empty()) parts.emplace_back(part);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

std::string_view refused_text(std::string_view text) {
  constexpr std::size_t longest = 4096;
  if (text.size() > longest) return "longer than 4096 bytes";
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char c = read_utf8(text.substr(at));
    if (!c.valid || is_control(c.code)) return "holds a control character or is not UTF-8; expected text";
    at += c.length;
  }
  return {};
}

Result<bool> parse_switch(std::string_view text) {
  for (const std::string_view yes : {"true", "on", "yes"}) {
    if (text == yes) return true;
  }
  for (const std::string_view no : {"false", "off", "no"}) {
    if (text == no) return false;
  }
  return fail(ErrorKind::invalid, fmt::format("\"{}\": expected true or false", text));
}

Result<std::uint32_t> parse_count(std::string_view text, std::uint32_t least, std::uint32_t most) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
    return fail(ErrorKind::invalid,
                fmt::format("\"{}\": expected a number from {} to {}", text, least, most));
  }
  return value;
}

Result<Duration> parse_span(std::string_view text, Duration least, Duration most, bool may_be_off) {
  if (may_be_off && (text == "off" || text == "0")) return Duration::zero();
  auto span = parse_duration(text);
  if (!span) return span;
  if (may_be_off && *span == Duration::zero()) return *span;
  if (*span < least || *span > most) {
    return fail(ErrorKind::invalid, fmt::format("\"{}\": expected {} to {}{}", text, format_duration(least),
                                                format_duration(most), may_be_off ? ", or off" : ""));
  }
  return *span;
}

Result<HostPort> parse_bind(std::string_view text) {
  auto bind = HostPort::parse(text, 0);
  if (!bind) {
    return fail(bind.error().kind, bind.error().message + ", such as 0.0.0.0:5000 or [::]:5000");
  }
  if (!Address::from_ip(bind->host, bind->port)) {
    return fail(ErrorKind::invalid,
                fmt::format("\"{}\": \"{}\" is not an IP address of this machine; expected one such as "
                            "0.0.0.0:5000, 127.0.0.1:5000 or *:5000",
                            text, bind->host));
  }
  return bind;
}

Error unknown_word(std::string_view text, std::span<const std::string_view> known) {
  return {ErrorKind::invalid,
          fmt::format("\"{}\": expected {}{}", text, listed(known), did_you_mean(text, known))};
}

std::string listed(std::span<const std::string_view> words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

std::string as_yaml(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '/' || c == '.';
  };
  const bool null = text == "null" || text == "Null" || text == "NULL";
  if (!text.empty() && !null && std::all_of(text.begin(), text.end(), plain)) return std::string(text);
  std::string quoted = "\"";  // control characters do not get past the loader
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known) {
  const std::string nearest = nearest_word(word, known);
  return nearest.empty() ? "" : fmt::format(" (did you mean \"{}\"?)", nearest);
}

}  // namespace tamada
