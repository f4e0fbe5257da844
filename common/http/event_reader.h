// EventReader: one connection to a server that sends events, and the events as they come.
//
// The request is a GET as the caller made it, with Accept: text/event-stream. The answer must be a 200 of
// that type; anything else ends it with the status, so that the caller can tell a server without events (404,
// 501) from one that cannot serve now (503). Between two pieces of the stream no more than `idle_timeout` may
// pass; comments count.
//
// What it cannot know: for how long an event was on its way. Its age begins in the past, at the latest when
// the server sent it; whoever needs a bound asks with a request of their own.
//
// It does not come again by itself: whether and when is the owner's business (retry() tells what the server
// wishes, the last event's last_id what to ask for). Loop thread only; Loop, callbacks and the target's TLS
// context must outlive it. It may be destroyed at any time, also in its callbacks; nothing is called
// afterwards.
#pragma once

#include <optional>

#include "common/http/server_sent_event.h"
#include "common/http/stream_request.h"
#include "common/loop/lifetime.h"

namespace tamada::http {

// Why an event stream ended.
struct EventStreamEnd {
  // An orderly end by the server has the kind closed; an answer that is no event stream: unavailable.
  Failure failure;
  int status = 0;  // of an answer that is no event stream; 0: there was none, or it was one
};

class EventReaderCallbacks {
 public:
  // The server has begun the stream.
  virtual void on_events_begin() {}
  virtual void on_event(const ServerSentEvent& event) = 0;
  // Once, nothing comes after it.
  virtual void on_events_end(const EventStreamEnd& end) = 0;

 protected:
  ~EventReaderCallbacks() = default;
};

struct EventReaderOptions {
  Duration head_timeout = 5s;
  Duration idle_timeout = 0s;  // 0: for ever
  std::size_t max_event = std::size_t{1} << 20;
};

class EventReader final : private StreamRequest::Callbacks {
 public:
  // `request`: path, query and further headers; no Accept.
  EventReader(loop::Loop& loop, const Target& target, Request request, const EventReaderOptions& options,
              EventReaderCallbacks& callbacks);
  EventReader(const EventReader&) = delete;
  EventReader& operator=(const EventReader&) = delete;

  [[nodiscard]] std::optional<Duration> retry() const { return parser_.retry(); }

 private:
  void on_stream_head(const Response& head) override;
  void on_stream_bytes(std::string_view bytes) override;
  void on_stream_end(Outcome<void> outcome) override;
  void end(Error error, Stage stage, int status);

  EventReaderCallbacks& callbacks_;
  const std::string words_;  // of the server
  EventParser parser_;
  std::optional<StreamRequest> stream_;
  loop::Lifetime lifetime_;
};

}  // namespace tamada::http
