// log_line: one fact as one line of the log, in either format. Pure: the wall clock's time is given.
//
//   text: 2026-11-23T10:00:00.123Z warn  leader.lost node=pg-a why="pg-a says replica"
//   json: {"time":"2026-11-23T10:00:00.123Z","level":"warn","event":"leader.lost","node":"pg-a","why":"..."}
//
// A line is one line whatever the values hold. Text: a value with anything but printable characters other
// than space, quote, backslash and = stands in quotes, with \" \\ \n \r \t, \u2028 for other control
// characters and \xff for a byte that is not UTF-8. JSON: as JSON says; such a byte becomes U+FFFD; a number
// that is not finite becomes null. A value longer than `max_value_bytes` is cut, and says how much is
// missing.
#pragma once

#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "common/log/event_log.h"

namespace tamada {

constexpr std::size_t max_value_bytes = 4096;

// Without the newline. `event` and the keys are ours: lower-case words with dots and underscores.
std::string log_line(LogFormat format, std::chrono::system_clock::time_point time, LogLevel level,
                     std::string_view event, std::initializer_list<LogField> fields);

}  // namespace tamada
