// RawClient: the other side of a server under test: says bytes and keeps what comes back. It knows nothing of
// HTTP.
#pragma once

#include <string>
#include <string_view>

#include "common/loop/loop.h"
#include "common/loop/tcp_stream.h"

namespace tamada::http {

class RawClient final : private loop::StreamCallbacks {
 public:
  RawClient(loop::Loop& loop, const Address& server, std::string_view first)
      : stream_(loop, *this), first_(first) {
    stream_.connect(server, 5s);
  }

  void say(std::string_view bytes) {
    if (stream_.is_open()) stream_.write(std::as_bytes(std::span(bytes)));
  }
  void end() { stream_.shutdown(); }
  void leave() { stream_.close(); }
  void reset() { stream_.reset(); }
  void stop_reading() { stream_.read_stop(); }
  void read_on() { stream_.read_start(); }

  std::string got;
  bool connected = false;
  bool ended = false;  // the server's FIN
  std::string broken;  // a reset, or no connection

 private:
  void on_connected(Result<void> result) override {
    connected = result.has_value();
    if (!result) {
      broken = result.error().message;
      return;
    }
    stream_.read_start();
    say(first_);
  }
  void on_bytes(std::span<const std::byte> bytes) override {
    got.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  void on_end() override { ended = true; }
  void on_closed(const Error& why) override { broken = why.message; }

  loop::TcpStream stream_;
  std::string first_;
};

}  // namespace tamada::http
