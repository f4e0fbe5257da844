// RecordingStream: a TcpStream with a listener that writes down what it is told, in order, and then does what
// the test asked for.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/loop/tcp_stream.h"

namespace tamada::loop {

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

class RecordingStream final : public StreamCallbacks {
 public:
  explicit RecordingStream(Loop& loop) : stream(std::make_unique<TcpStream>(loop, *this)) {}

  void on_connected(Result<void> result) override {
    events += result ? "connected " : "failed ";
    connected = result;
    if (when_connected) when_connected();
  }
  void on_bytes(std::span<const std::byte> bytes) override {
    if (events.empty() || !events.ends_with("bytes ")) events += "bytes ";
    received.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (when_bytes) when_bytes();
  }
  void on_end() override {
    events += "end ";
    if (when_end) when_end();
  }
  void on_drained() override {
    events += "drained ";
    if (when_drained) when_drained();
  }
  void on_closed(const Error& why) override {
    events += "closed ";
    closed = why;
    if (when_closed) when_closed();
  }

  void write(std::string_view text) const { stream->write(bytes_of(text)); }

  std::unique_ptr<TcpStream> stream;
  std::string events;  // "connected bytes end closed "; runs of bytes are one
  std::string received;
  std::optional<Result<void>> connected;
  std::optional<Error> closed;
  std::function<void()> when_connected;
  std::function<void()> when_bytes;
  std::function<void()> when_end;
  std::function<void()> when_drained;
  std::function<void()> when_closed;
};

}  // namespace tamada::loop
