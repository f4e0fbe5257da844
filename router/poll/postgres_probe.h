// PostgresProbe: is there a postmaster? Connects, sends an SSLRequest, and any byte that comes back is a yes.
// Nothing else is sent, so nobody is authenticated and no backend is started for long.
//
// The callback runs exactly once, never from inside the constructor, unless the probe is destroyed before; it
// may be destroyed in the callback. Loop thread only; the Loop must outlive it.
#pragma once

#include <functional>

#include "common/base/address.h"
#include "common/base/time.h"
#include "common/loop/loop.h"
#include "common/loop/stream_callbacks.h"
#include "common/loop/tcp_stream.h"
#include "common/loop/timer.h"

namespace tamada::router {

class PostgresProbe final : private loop::StreamCallbacks {
 public:
  // An error says how far it got: "connect to 10.0.0.1:5432: connection refused" (refused, unreachable,
  // timeout, system, as TcpStream says it), or that nobody spoke there (closed, timeout).
  using Callback = std::function<void(Result<void> answered)>;

  // `address` is set.
  PostgresProbe(loop::Loop& loop, const Address& address, Duration deadline, Callback callback);
  PostgresProbe(const PostgresProbe&) = delete;
  PostgresProbe& operator=(const PostgresProbe&) = delete;

 private:
  void on_connected(Result<void> result) override;
  void on_bytes(std::span<const std::byte> bytes) override;
  void on_end() override;
  void on_closed(const Error& why) override;
  void done(const Result<void>& answered);

  Callback callback_;
  const TimePoint over_at_;
  loop::TcpStream stream_;
  loop::Timer deadline_;
};

}  // namespace tamada::router
