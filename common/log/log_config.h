// What a person can choose about the log.
#pragma once

#include <string>

namespace tamada {

enum class LogFormat { text, json };

struct LogConfig {
  std::string level = "info";  // trace, debug, info, warn, error
  LogFormat format = LogFormat::text;
  bool operator==(const LogConfig&) const = default;
};

}  // namespace tamada
