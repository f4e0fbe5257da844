// CancelForward: one cancel request on its way. Sends it to each server over a connection of its own, and
// closes the client's once all servers have closed theirs (so that PQcancel() returns when PostgreSQL has
// dealt with it) or `limit` has passed. A server that is not there is passed over: nobody answers a cancel.
//
// Not a session: no admission, no limits, no hold. Worker thread only; the host destroys it after retire().
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/loop/tcp_stream.h"
#include "common/loop/timer.h"
#include "router/session/session_callbacks.h"

namespace tamada::router {

class CancelForward final : private loop::StreamCallbacks {
 public:
  static constexpr Duration limit = 10s;

  CancelForward(SessionCallbacks& host, std::string listener, const Address& client_address);
  ~CancelForward();
  CancelForward(const CancelForward&) = delete;
  CancelForward& operator=(const CancelForward&) = delete;

  // `packet`: what each of `servers` is sent. `known`: the key belongs to a session of ours. `client` may be
  // not open. Retires itself, perhaps at once.
  void begin(UniqueFd client, std::string packet, const std::vector<Address>& servers, bool known,
             Duration connect_timeout);
  [[nodiscard]] bool is_known() const { return known_; }

 private:
  struct Attempt;

  // The client: what it says or does does not matter any more.
  void on_bytes(std::span<const std::byte>) override {}
  void on_end() override {}
  void on_closed(const Error&) override {}

  void attempt_over();
  void finish();

  SessionCallbacks& callbacks_;
  const std::string listener_;
  const Address client_address_;
  const TimePoint born_;
  loop::TcpStream client_;
  loop::Timer timer_;
  std::string packet_;
  std::vector<std::unique_ptr<Attempt>> attempts_;
  std::size_t open_ = 0;
  std::size_t sent_ = 0;
  bool known_ = false;
  bool finished_ = false;
};

}  // namespace tamada::router
