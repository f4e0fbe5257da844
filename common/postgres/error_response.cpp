#include "common/postgres/error_response.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace tamada::postgres {

namespace {

void append_field(std::string& out, char code, std::string_view value) {
  out.push_back(code);
  out += value.substr(0, value.find('\0'));
  out.push_back('\0');
}

void set_once(std::string& field, std::string_view value) {
  if (field.empty()) field = value;
}

Parsed<ErrorResponse> parse_old_error(Bytes received) {
  const std::string_view text = as_text(received.subspan(1)).substr(0, old_error_max);
  const auto end = text.find('\0');
  if (end != std::string_view::npos) return parse_old_error_text(text.substr(0, end));
  if (text.size() < old_error_max) return NeedMore{received.size() + 1};
  return Error{ErrorKind::too_large, fmt::format("an error text without an end in {} bytes: \"{}\"",
                                                 old_error_max, printable(text))};
}

}  // namespace

std::string build_error_response(const ErrorResponse& error) {
  assert(error.sqlstate.size() == 5);
  std::string body;
  append_field(body, 'S', error.severity);
  append_field(body, 'V', error.severity);
  append_field(body, 'C', error.sqlstate);
  append_field(body, 'M', error.message);
  if (!error.detail.empty()) append_field(body, 'D', error.detail);
  if (!error.hint.empty()) append_field(body, 'H', error.hint);
  body.push_back('\0');
  std::string message = "E";
  append_u32(message, static_cast<std::uint32_t>(body.size() + 4));
  return message + body;
}

std::string build_fatal(std::string_view sqlstate, std::string_view message, std::string_view detail,
                        std::string_view hint) {
  return build_error_response(
      {"FATAL", std::string(sqlstate), std::string(message), std::string(detail), std::string(hint)});
}

std::string build_old_error(std::string_view message) {
  std::string result;
  append_field(result, 'E', fmt::format("FATAL:  {}\n", message.substr(0, message.find('\0'))));
  return result;
}

Parsed<ErrorResponse> parse_error_response(Bytes received) {
  if (received.empty()) return NeedMore{1};
  if (received[0] != std::byte{'E'}) {
    return Error{ErrorKind::invalid, fmt::format("expected an ErrorResponse ('E'), found '{}'",
                                                 printable(as_text(received.first(1))))};
  }
  if (received.size() < 5) return NeedMore{5};
  const std::size_t length = read_u32(received.subspan(1));
  if (length < 8 || length > error_response_max) {
    if (is_old_error_start(received.subspan(1, 4))) return parse_old_error(received);
    return Error{ErrorKind::invalid,
                 fmt::format("an ErrorResponse of {} bytes, expected 8 to {}", length, error_response_max)};
  }
  if (received.size() < length + 1) return NeedMore{length + 1};
  const std::string_view body = as_text(received.subspan(5, length - 4));
  if (!body.ends_with('\0')) {
    return Error{ErrorKind::invalid, "the ErrorResponse does not end with a zero byte"};
  }
  return parse_error_fields(body);
}

bool is_old_error_start(Bytes first_four) {
  return std::none_of(first_four.begin(), first_four.end(),
                      [](std::byte byte) { return byte == std::byte{0}; });
}

ErrorResponse parse_error_fields(std::string_view body) {
  ErrorResponse result;
  std::string translated;
  while (!body.empty() && body[0] != '\0') {
    const char code = body[0];
    const auto end = body.find('\0');
    const std::string_view value = body.substr(1, end == std::string_view::npos ? end : end - 1);
    if (code == 'S') set_once(translated, value);
    if (code == 'V') set_once(result.severity, value);
    if (code == 'C') set_once(result.sqlstate, value);
    if (code == 'M') set_once(result.message, value);
    if (code == 'D') set_once(result.detail, value);
    if (code == 'H') set_once(result.hint, value);
    if (end == std::string_view::npos) break;
    body.remove_prefix(end + 1);
  }
  if (result.severity.empty()) result.severity = std::move(translated);
  return result;
}

ErrorResponse parse_old_error_text(std::string_view text) {
  ErrorResponse result;
  for (const std::string_view severity : {"FATAL", "PANIC", "ERROR"}) {
    if (!text.starts_with(severity) || !text.substr(severity.size()).starts_with(":")) continue;
    result.severity = severity;
    text.remove_prefix(severity.size() + 1);
    break;
  }
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with('\n')) text.remove_suffix(1);
  result.message = text;
  return result;
}

bool is_retryable(std::string_view sqlstate) {
  return sqlstate == admin_shutdown || sqlstate == cannot_connect_now;
}

}  // namespace tamada::postgres
