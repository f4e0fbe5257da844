// EventLog: the router's log, one line a fact: `event.name key=value ...` as text, or one JSON object a line.
//
// Event names and keys are stable (docs/operations.md lists them); units stand in the key (dur_ms, up_bytes).
// Never a secret or a query. Thread-safe: any thread may write. Never blocks the caller: lines are handed to
// a writer thread; when standard output stalls, the oldest waiting lines are dropped and counted, and the
// next line says how many (log.dropped). A line is written out as soon as the writer gets to it: nothing
// waits in a buffer while the router is quiet.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "router/config/router_config.h"

namespace tamada::router {

enum class LogLevel { trace, debug, info, warn, error };

// One key=value. Text is quoted where it holds spaces, quotes or control characters (which are escaped).
struct LogField {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool> value;
};

class EventLog {
 public:
  // Writes to standard output: containers collect it. (`fd`: another place, for tests; stays the caller's.)
  explicit EventLog(const LogConfig& config, int fd = 1);
  ~EventLog();  // writes out what waits, at most for a second; no other thread may still write then
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  void configure(const LogConfig& config);  // level and format can change while running
  [[nodiscard]] bool enabled(LogLevel level) const;
  // Lines that never reached the descriptor so far.
  [[nodiscard]] std::uint64_t dropped() const;
  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tamada::router
