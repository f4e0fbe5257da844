// EventLog: a program's log, one line a fact: `event.name key=value ...` as text, or one JSON object a line.
//
// Event names and keys are stable (docs/operations.md lists them); units stand in the key (dur_ms, up_bytes).
// Never a secret or a query. Thread-safe: any thread may write. Never blocks the caller: lines are handed to
// a writer thread; when standard output stalls, the oldest waiting lines are dropped and counted, and the
// next line says how many (log.dropped). A line is written out as soon as the writer gets to it: nothing
// waits in a buffer while the program is quiet.
//
// Lines that anybody on the network can cause again and again are joined (write_joined()): the first of a
// kind are written, and log.joined says how many more there were.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/time.h"
#include "common/log/log_config.h"

namespace tamada {

enum class LogLevel { trace, debug, info, warn, error };

// One key=value. Text is quoted where it holds spaces, quotes or control characters (which are escaped).
struct LogField {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool> value;
};

// What lines are joined by, besides the event.
struct JoinBy {
  std::string_view about;    // one of few words of ours: a reason, a listener; may be empty
  std::string_view address;  // whoever caused it, without the port: how many there were is told
};

class EventLog {
 public:
  // Throws std::system_error when there is no thread to be had.
  // Writes to standard output: containers collect it. (`fd`: another place, for tests; stays the caller's.)
  // `join_window`: how long lines of a kind are counted before it is told how many there were.
  explicit EventLog(const LogConfig& config, int fd = 1, Duration join_window = std::chrono::seconds(10));
  ~EventLog();  // writes out what waits, at most for a second; no other thread may still write then
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  void configure(const LogConfig& config);  // everything can change while running
  [[nodiscard]] bool enabled(LogLevel level) const;
  // Lines that never reached the descriptor so far.
  [[nodiscard]] std::uint64_t dropped() const;
  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);
  void write_joined(LogLevel level, std::string_view event, const JoinBy& by,
                    std::initializer_list<LogField> fields);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tamada
