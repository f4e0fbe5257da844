// StreamRequest: a request whose answer does not end: event streams, etcd's watches.
//
// The body is handed on as it comes. There is no deadline for the whole; the head must come within
// `head_timeout`, and between two pieces of the body no more than `idle_timeout` may pass (0: for ever).
// Loop thread only; Loop, callbacks and the target's TLS context must outlive it. It may be destroyed at any
// time, also in its callbacks; nothing is called afterwards.
#pragma once

#include <optional>

#include "common/http/exchange.h"

namespace tamada::http {

struct StreamOptions {
  Duration head_timeout = 5s;
  Duration idle_timeout = 0s;
  MessageLimits limits = {};
};

class StreamRequest final : private ExchangeCallbacks {
 public:
  class Callbacks {
   public:
    // Status and headers have come (any status). The body of the answer is empty.
    virtual void on_stream_head(const Response& head) = 0;
    // Never empty; cut anywhere.
    virtual void on_stream_bytes(std::string_view bytes) = 0;
    // Once, nothing comes after it: the answer is whole, or what went wrong (kinds as in ClientRequest).
    virtual void on_stream_end(Outcome<void> outcome) = 0;

   protected:
    ~Callbacks() = default;
  };

  StreamRequest(loop::Loop& loop, const Target& target, const Request& request, const StreamOptions& options,
                Callbacks& callbacks);
  ~StreamRequest();
  StreamRequest(const StreamRequest&) = delete;
  StreamRequest& operator=(const StreamRequest&) = delete;

  // From now on, also in the middle of a stream. 0: for ever.
  void set_idle_timeout(Duration limit);
  // Back-pressure: nothing is read and the idle time-out stands still until resume().
  void pause();
  void resume();

 private:
  void on_head(const Response& head) override;
  void on_body(std::string_view bytes) override;
  void on_done(Outcome<Response> outcome) override;
  void on_timeout();
  void start_idle_timer();

  Callbacks& callbacks_;
  const Duration head_timeout_;
  Duration idle_timeout_;
  std::optional<Exchange> exchange_;
  loop::Timer timer_;
  bool head_seen_ = false;
  bool paused_ = false;
};

}  // namespace tamada::http
