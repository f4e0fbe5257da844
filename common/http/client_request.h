// ClientRequest: asks an HTTP server one thing and gets one answer, in bounded time and memory.
//
//   ClientRequest request(loop, target, {.path = "/replica"}, options, [](Result<Response> answer) { ... });
//
// The callback runs exactly once, never from inside the constructor, unless the request is destroyed before,
// which cancels it; it may be destroyed in the callback. Loop thread only; Loop and the target's TLS context
// must outlive it.
//
// Any answer that is whole HTTP is a success here, whatever its status. Errors name the request, the server
// and the reason, e.g. "GET /replica from http://pg1:8008 (10.0.0.1:8008): no answer within 2000 ms (reading
// the headers)", with the kinds
//   refused, unreachable, system   connecting
//   timeout    the deadline passed; the phase stands in the words
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

class ClientRequest final : private ExchangeListener {
 public:
  using Callback = std::function<void(Result<Response>)>;

  // Preconditions: those of Exchange; `target.address` is set.
  ClientRequest(loop::Loop& loop, const Target& target, const Request& request, const ClientOptions& options,
                Callback callback);
  ~ClientRequest();
  ClientRequest(const ClientRequest&) = delete;
  ClientRequest& operator=(const ClientRequest&) = delete;

  // Started and not answered yet.
  [[nodiscard]] bool is_pending() const { return exchange_.has_value(); }
  // In the callback, of a request that failed: what it was waiting for.
  [[nodiscard]] Phase phase() const { return phase_; }

 private:
  void on_done(Result<Response> result) override;

  Callback callback_;
  std::optional<Exchange> exchange_;
  Phase phase_ = Phase::connecting;
  loop::Timer deadline_;
};

}  // namespace tamada::http
