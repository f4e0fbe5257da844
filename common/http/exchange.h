// Exchange: one request on one new connection and its answer, piece by piece. What ClientRequest and
// StreamRequest are made of; everybody else uses those.
//
// Sends `Connection: close`, reads the answer to its end, and closes with FIN, never with RST (a client that
// resets makes Patroni log a traceback), also when it is destroyed half-way: the loop then drains the socket
// for a moment. No clock of its own but for the connection: the owner ends it by destroying it.
// Loop thread only. Loop, listener and the target's TLS context must outlive it.
#pragma once

#include <optional>
#include <string>

#include "common/base/time.h"
#include "common/http/channel.h"
#include "common/http/message.h"
#include "common/http/presence.h"
#include "common/http/response_parser.h"
#include "common/http/target.h"
#include "common/loop/timer.h"

namespace tamada::http {

// What an exchange waits for; of one that failed, what it had waited for.
enum class Phase { connecting, tls_handshake, answer, headers, body };
// For the words of an error: "connecting", "TLS handshake", "waiting for the answer", "reading the headers",
// "reading the body".
[[nodiscard]] std::string_view words_of(Phase phase);

// The Exchange may be destroyed in each of these.
class ExchangeListener {
 public:
  // Status and headers; the body is empty. Only when streaming.
  virtual void on_head(const Response& /*head*/) {}
  // A piece of the body, never empty. Only when streaming.
  virtual void on_body(std::string_view /*bytes*/) {}
  // The end, once, nothing comes after it: the whole answer, or (streaming) one without body.
  virtual void on_done(Result<Response> result) = 0;

 protected:
  ~ExchangeListener() = default;
};

class Exchange final : private loop::StreamListener {
 public:
  // Precondition: is_header_safe() of all parts of the request but its body. Connects within
  // `connect_timeout`. Never calls the listener from inside the constructor.
  Exchange(loop::Loop& loop, const Target& target, const Request& request, const MessageLimits& limits,
           bool streaming, Duration connect_timeout, ExchangeListener& listener);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  [[nodiscard]] Phase phase() const;
  // "GET /replica from http://patroni1:8008 (10.0.0.1:8008)"
  [[nodiscard]] const std::string& words() const { return words_; }

  // Back-pressure for streams: no on_body until resume().
  void pause() { channel_.read_stop(); }
  void resume() { channel_.read_start(); }

 private:
  void on_connected(Result<void> result) override;
  void on_bytes(std::span<const std::byte> bytes) override;
  void on_end() override;
  void on_closed(const Error& why) override;

  void deliver();
  void done(Result<Response> result);

  Channel channel_;
  ExchangeListener& listener_;
  ResponseParser parser_;
  const bool streaming_;
  std::string words_;
  std::string certificate_setting_;           // of the target's TLS, for the words of an error
  std::string request_bytes_;                 // until they are sent
  std::optional<loop::Timer> early_failure_;  // what went wrong in the constructor is told in the next turn
  TimePoint sent_at_{};
  bool sent_ = false;
  bool head_told_ = false;
  Presence presence_;
};

}  // namespace tamada::http
