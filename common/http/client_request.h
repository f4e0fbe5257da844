// ClientRequest: asks an HTTP server one thing and gets one answer, in bounded time and memory.
//
//   ClientRequest request(loop, target, {.path = "/replica"}, options, [](Outcome<Response> answer) { ... });
//
// The callback runs exactly once, never from inside the constructor, unless the request is destroyed before,
// which cancels it; it may be destroyed in the callback. Loop thread only; Loop and the target's TLS context
// must outlive it.
//
// Any answer that is whole HTTP is a success here, whatever its status. A failure (failure.h) carries the
// stage it came in, and its words name the request, the server and the reason, e.g. "GET /replica from
// http://pg1:8008 (10.0.0.1:8008): no whole answer within 2000 ms (reading the headers)". Its kinds:
//   refused, unreachable, system   mostly while connecting, but an established connection may end so as well
//   timeout    the deadline passed
//   reset      the server reset the connection
//   closed     it ended the connection before the answer was whole
//   denied     TLS: a certificate was refused, theirs or ours
//   invalid    no HTTP/1, or no TLS
//   too_large  headers or body beyond the limits
#pragma once

#include <functional>
#include <optional>

#include "common/http/exchange.h"

namespace tamada::http {

struct ClientOptions {
  Duration deadline = 2s;         // for all, from the connection to the last byte
  Duration connect_timeout = 0s;  // of it, for the TCP connection; 0: no limit of its own
  MessageLimits limits = {};      // 64 KiB of headers, 1 MiB of body
};

class ClientRequest final : private ExchangeCallbacks {
 public:
  using Callback = std::function<void(Outcome<Response>)>;

  // Preconditions: those of Exchange; `target.address` is set.
  ClientRequest(loop::Loop& loop, const Target& target, const Request& request, const ClientOptions& options,
                Callback callback);
  ~ClientRequest();
  ClientRequest(const ClientRequest&) = delete;
  ClientRequest& operator=(const ClientRequest&) = delete;

  // Started and not answered yet.
  [[nodiscard]] bool is_pending() const { return exchange_.has_value(); }

 private:
  void on_done(Outcome<Response> outcome) override;

  Callback callback_;
  std::optional<Exchange> exchange_;
  loop::Timer deadline_;
};

}  // namespace tamada::http
