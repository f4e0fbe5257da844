// What a person can choose about the router's log: the log's own choices, and which lines sessions have.
#pragma once

#include <cstdint>

#include "common/log/log_config.h"

namespace tamada::router {

// Which sessions have a line at their end.
enum class SessionLines : std::uint8_t { all, failures, none };

struct LogSettings : LogConfig {
  SessionLines sessions = SessionLines::all;
  bool session_starts = false;  // a line when a session has started, too
  bool operator==(const LogSettings&) const = default;
};

}  // namespace tamada::router
