// ServerConnection: one client of a Server: reads requests one at a time, lets each be answered, and ends
// when it is told to, when a time limit passes, or when the client goes. Owned by ServerConnections, which it
// asks to be retired; its memory goes at the end of the turn, so that a callback that is running finishes on
// live memory. Internal to the server.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/time.h"
#include "common/http/channel.h"
#include "common/http/kept_response.h"
#include "common/http/proxy_preface.h"
#include "common/http/request_parser.h"
#include "common/http/server.h"
#include "common/loop/timer.h"

namespace tamada::http {

class ServerConnections;

class ServerConnection final : private loop::StreamCallbacks {
 public:
  ServerConnection(ServerConnections& owner, std::uint64_t id);
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;

  void start(UniqueFd socket, const Address& peer, std::unique_ptr<TlsSession> tls);

  // Between two requests with nothing to send, or with a request that does not get on: may be closed to make
  // room for somebody who asks something.
  [[nodiscard]] bool is_idle() const { return phase_ == Phase::idle; }
  [[nodiscard]] bool is_dawdling(TimePoint now) const {
    return (phase_ == Phase::head || phase_ == Phase::body) && now - since_ >= dawdling;
  }
  [[nodiscard]] TimePoint waiting_since() const { return since_; }
  // At once, without a good-bye that would hold the descriptor for which room is made.
  void close_waiting() {
    channel_.close();
    leave();
  }
  static constexpr Duration dawdling = 1s;

  // --- for Responder and ResponseStream; `exchange` is the number of the request they were made for
  [[nodiscard]] bool awaits_answer(std::uint64_t exchange) const {
    return phase_ == Phase::answering && exchange == exchange_;
  }
  [[nodiscard]] bool is_streaming(std::uint64_t exchange) const {
    return phase_ == Phase::streaming && exchange == exchange_;
  }
  void send(const KeptResponse& response);
  void send_status_line(int status);
  void begin_stream(int status, const Headers& headers);
  bool stream_write(std::string_view bytes);
  [[nodiscard]] std::size_t queued() const { return channel_.queued(); }
  void end_stream();

 private:
  enum class Phase {
    idle,       // nothing of a request has come
    head,       // its first byte has
    body,       // its head has
    answering,  // the handler has the request
    streaming,  // the answer has begun and has no known length
    draining,   // the answer waits for the client to read it
    closed,
  };

  void on_connected(Result<void> result) override;
  void on_bytes(std::span<const std::byte> bytes) override;
  void on_end() override;
  void on_drained() override;
  void on_closed(const Error& why) override;

  void take_preface(std::string_view bytes);
  void take_bytes(std::string_view bytes);
  void process();
  void note_progress_of_request();
  void hand_over(Request request);
  void answer_done();
  void refuse(int status, std::string_view words);
  void on_timeout();
  void enter(Phase phase, Duration limit);
  void write_out(std::string_view bytes);
  void count_answer(int status);
  void leave();

  ServerConnections& owner_;
  const std::uint64_t id_;
  Channel channel_;
  loop::Timer timer_;  // of the phase
  // Until it is known whether a PROXY header comes first, and what it says.
  std::optional<ProxyPreface> preface_;
  std::unique_ptr<TlsSession> tls_to_come_;
  Address client_;
  RequestParser parser_;
  Phase phase_ = Phase::idle;
  TimePoint since_{};
  std::string unparsed_;  // bytes behind the request that is being answered
  std::uint64_t exchange_ = 0;
  bool processing_ = false;
  bool client_ended_ = false;  // its FIN has come
  // Of the request being answered.
  bool keep_alive_ = false;
  bool to_head_ = false;
  bool chunked_ = false;
};

}  // namespace tamada::http
