// Server-sent events (WHATWG HTML, "Server-sent events"): the bytes of one, and reading them from a stream
// that may be cut anywhere. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"

namespace tamada::http {

struct ServerSentEvent {
  std::string name = "message";  // of the field `event`
  std::string data;              // its lines joined by \n
  std::string last_id;           // the newest `id` of the stream so far; empty: none

  bool operator==(const ServerSentEvent&) const = default;
};

// One event. `data` is one line (JSON is).
[[nodiscard]] std::string server_sent_event(std::string_view name, std::string_view data);

// Comments, unknown fields and an event without data or without its empty line at the end tell nothing, as
// the standard has it. Text that is no UTF-8 is handed on as it came.
class EventParser {
 public:
  // `max_event`: bytes of one event with all its fields; more is an error, so that a stream without end costs
  // no more.
  explicit EventParser(std::size_t max_event) : max_event_(max_event) {}

  // Appends the events that became complete. An error (too_large) ends it: it must not be fed again.
  Result<void> feed(std::string_view bytes, std::vector<ServerSentEvent>& events);

  // How long the server asks to wait before coming again, if it said so.
  [[nodiscard]] std::optional<Duration> retry() const { return retry_; }

 private:
  void take_line(std::string_view line, std::vector<ServerSentEvent>& events);
  void take_field(std::string_view name, std::string_view value);

  const std::size_t max_event_;
  std::string line_;      // not complete yet
  std::size_t size_ = 0;  // of the event so far
  bool after_cr_ = false;
  bool begun_ = false;  // the first line is over: no byte order mark any more
  std::string name_;
  std::string data_;
  std::string last_id_;
  std::optional<Duration> retry_;
};

}  // namespace tamada::http
