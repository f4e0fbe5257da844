#include "common/config/config_error.h"

#include <fmt/format.h>

#include "common/base/utf8.h"

namespace tamada {

namespace {

// One line whatever the file holds: a key may be any text.
std::string on_one_line(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char c = read_utf8(text.substr(at));
    if (!c.valid) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(c.code));
    } else if (is_control(c.code)) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c.code));
    } else {
      out += text.substr(at, c.length);
    }
    at += c.length;
  }
  return out;
}

}  // namespace

std::string ConfigError::to_string() const {
  std::string text = file;
  if (line > 0) text += fmt::format(":{}", line);
  if (line > 0 && column > 0) text += fmt::format(":{}", column);
  if (!text.empty()) text += ": ";
  if (!path.empty()) text += path + ": ";
  return on_one_line(text + message);
}

std::string format_errors(std::span<const ConfigError> errors, std::string_view consequence) {
  std::string text;
  for (const ConfigError& error : errors) text += error.to_string() + "\n";
  return text + fmt::format("{} error{}; {}.\n", errors.size(), errors.size() == 1 ? "" : "s", consequence);
}

}  // namespace tamada
