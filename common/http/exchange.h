// Exchange: one request on one new connection and its answer, piece by piece. What ClientRequest and
// StreamRequest are made of; everybody else uses those.
//
// Sends `Connection: close`, reads the answer to its end, and closes with FIN, never with RST (a client that
// resets makes Patroni log a traceback), also when it is destroyed half-way: the loop then drains the socket
// for a moment. No clock of its own but for the connection: the owner ends it by destroying it.
// Loop thread only. Loop, callbacks and the target's TLS context must outlive it.
#pragma once

#include <optional>
#include <string>

#include "common/base/time.h"
#include "common/http/channel.h"
#include "common/http/failure.h"
#include "common/http/message.h"
#include "common/http/response_parser.h"
#include "common/http/target.h"
#include "common/loop/lifetime.h"
#include "common/loop/timer.h"

namespace tamada::http {

// The Exchange may be destroyed in each of these.
class ExchangeCallbacks {
 public:
  // Status and headers; the body is empty. Only when streaming.
  virtual void on_head(const Response& /*head*/) {}
  // A piece of the body, never empty. Only when streaming.
  virtual void on_body(std::string_view /*bytes*/) {}
  // The end, once, nothing comes after it: the whole answer, or (streaming) one without body.
  virtual void on_done(Outcome<Response> outcome) = 0;

 protected:
  ~ExchangeCallbacks() = default;
};

class Exchange final : private loop::StreamCallbacks {
 public:
  // Precondition: is_header_safe() of all parts of the request but its body. Connects within
  // `connect_timeout`. Never calls back from inside the constructor.
  Exchange(loop::Loop& loop, const Target& target, const Request& request, const MessageLimits& limits,
           bool streaming, Duration connect_timeout, ExchangeCallbacks& callbacks);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // What it waits for now; in on_done() of a failure: what it had waited for.
  [[nodiscard]] Stage stage() const;
  // "GET /replica from http://patroni1:8008 (10.0.0.1:8008)"
  [[nodiscard]] const std::string& words() const { return words_; }

  // Back-pressure for streams: no on_body until resume().
  void pause() { channel_.read_stop(); }
  void resume() { channel_.read_start(); }

 private:
  void on_connected(Result<void> result) override;
  void on_bytes(std::span<const std::byte> bytes) override;
  void on_end() override;
  void on_drained() override;
  void on_closed(const Error& why) override;

  void deliver();
  void done(Result<Response> result);

  Channel channel_;
  ExchangeCallbacks& callbacks_;
  ResponseParser parser_;
  const bool streaming_;
  std::string words_;
  std::string certificate_setting_;           // of the target's TLS, for the words of an error
  std::string request_bytes_;                 // until they are sent
  std::optional<loop::Timer> early_failure_;  // what went wrong in the constructor is told in the next turn
  TimePoint sent_at_{};
  bool begun_sending_ = false;
  bool all_sent_ = false;  // the kernel has taken the whole request
  bool head_told_ = false;
  loop::Lifetime lifetime_;
};

}  // namespace tamada::http
