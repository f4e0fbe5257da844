#include "router/config/config_error.h"

#include <fmt/format.h>

namespace tamada::router {

std::string ConfigError::to_string() const {
  std::string text = file;
  if (line > 0) text += fmt::format(":{}", line);
  if (line > 0 && column > 0) text += fmt::format(":{}", column);
  if (!text.empty()) text += ": ";
  if (!path.empty()) text += path + ": ";
  return text + message;
}

std::string format_errors(std::span<const ConfigError> errors, std::string_view consequence) {
  std::string text;
  for (const ConfigError& error : errors) text += error.to_string() + "\n";
  return text + fmt::format("{} error{}; {}.\n", errors.size(), errors.size() == 1 ? "" : "s", consequence);
}

}  // namespace tamada::router
