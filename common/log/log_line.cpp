#include "common/log/log_line.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <iterator>

#include "common/base/utf8.h"

namespace tamada {

namespace {

constexpr std::array<std::string_view, 5> level_names{"trace", "debug", "info", "warn", "error"};

std::string_view name_of(LogLevel level) {
  return level_names[static_cast<std::size_t>(level)];
}

std::string timestamp(std::chrono::system_clock::time_point time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time - seconds).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)), ms);
}

// JSON wants a pair of surrogates beyond U+FFFF, but no control character lies there.
void append_escape(std::string& out, char32_t code) {
  switch (code) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(code));
  }
}

void append_quoted(std::string& out, std::string_view text, LogFormat format) {
  out += '"';
  const std::string_view shown = text.substr(0, max_value_bytes);
  for (std::size_t at = 0; at < shown.size();) {
    const Utf8Char c = read_utf8(shown.substr(at));
    if (!c.valid) {
      if (format == LogFormat::json) {
        out += "\xef\xbf\xbd";  // U+FFFD
      } else {
        fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned>(c.code));
      }
    } else if (c.code == '"' || c.code == '\\' || is_control(c.code)) {
      append_escape(out, c.code);
    } else {
      out += shown.substr(at, c.length);
    }
    at += c.length;
  }
  if (shown.size() < text.size()) {
    fmt::format_to(std::back_inserter(out), " ... ({} bytes more)", text.size() - shown.size());
  }
  out += '"';
}

bool needs_quotes(std::string_view text) {
  if (text.empty() || text.size() > max_value_bytes) return true;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char c = read_utf8(text.substr(at));
    if (!c.valid || is_control(c.code)) return true;
    if (c.code == ' ' || c.code == '"' || c.code == '\\' || c.code == '=') return true;
    at += c.length;
  }
  return false;
}

struct AppendValue {
  std::string& out;
  LogFormat format;

  void operator()(std::string_view text) const {
    if (format == LogFormat::json || needs_quotes(text)) {
      append_quoted(out, text, format);
    } else {
      out += text;
    }
  }
  void operator()(double number) const {
    if (format == LogFormat::json && !std::isfinite(number)) {
      out += "null";
    } else {
      fmt::format_to(std::back_inserter(out), "{}", number);
    }
  }
  template <class Plain>  // integers and bool read the same in both formats
  void operator()(Plain value) const {
    fmt::format_to(std::back_inserter(out), "{}", value);
  }
};

}  // namespace

std::string log_line(LogFormat format, std::chrono::system_clock::time_point time, LogLevel level,
                     std::string_view event, std::initializer_list<LogField> fields) {
  std::string line;
  line.reserve(250);
  if (format == LogFormat::json) {
    fmt::format_to(std::back_inserter(line), R"({{"time":"{}","level":"{}","event":)", timestamp(time),
                   name_of(level));
    append_quoted(line, event, format);
  } else {
    fmt::format_to(std::back_inserter(line), "{} {:<5} {}", timestamp(time), name_of(level), event);
  }
  for (const LogField& field : fields) {
    if (format == LogFormat::json) {
      line += ',';
      append_quoted(line, field.key, format);
      line += ':';
    } else {
      line += ' ';
      line += field.key;
      line += '=';
    }
    std::visit(AppendValue{line, format}, field.value);
  }
  if (format == LogFormat::json) line += '}';
  return line;
}

}  // namespace tamada
