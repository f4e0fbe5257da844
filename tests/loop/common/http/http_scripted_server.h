// ScriptedServer: a TCP server on the loopback that says what a test tells it, well or badly, and remembers
// what it was told and how each client left. It knows nothing of HTTP.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/loop/loop.h"
#include "common/loop/tcp_listener.h"
#include "common/loop/tcp_stream.h"
#include "common/loop/timer.h"
#include "tests/support/raw_socket.h"

namespace tamada::http {

// What the server does with one connection, once the first bytes of the client have come (or at once).
struct Script {
  enum class End { keep, fin, reset };
  std::string bytes;
  End end = End::fin;
  std::size_t piece = std::size_t{1} << 30;  // bytes sent at a time
  bool endless = false;                      // the bytes again and again, until the client goes
  bool at_once = false;                      // does not wait for the client's first bytes
  bool deaf = false;                         // reads nothing, ever
};

class ScriptedServer final : private loop::AcceptCallbacks {
 public:
  // The n-th connection gets the n-th script, the last one serves all that follow.
  ScriptedServer(loop::Loop& loop, std::vector<Script> scripts, const Address& at = loop::loopback())
      : loop_(loop), scripts_(std::move(scripts)), listener_(loop, *this) {
    REQUIRE(listener_.bind(at));
  }

  [[nodiscard]] Address address() const { return listener_.address(); }
  [[nodiscard]] std::size_t connections() const { return clients_.size(); }
  // What the n-th client sent so far.
  [[nodiscard]] const std::string& received(std::size_t n = 0) const { return clients_.at(n)->received; }
  // "open", "fin", "reset": how the n-th client left.
  [[nodiscard]] std::string left(std::size_t n = 0) const {
    return n < clients_.size() ? clients_[n]->left : "absent";
  }
  // Another piece for a connection kept open.
  void say(std::size_t n, std::string_view bytes) {
    clients_.at(n)->stream.write(std::as_bytes(std::span(bytes)));
  }
  void drop(std::size_t n) { clients_.at(n)->stream.finish(1s); }
  void close_all() { clients_.clear(); }

 private:
  struct Client final : loop::StreamCallbacks {
    Client(loop::Loop& loop, const Script& its_script)
        : script(its_script), stream(loop, *this), pace(loop, [this] { send_on(); }) {}

    void on_bytes(std::span<const std::byte> bytes) override {
      received.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      begin();
    }
    void on_end() override {
      left = "fin";
      pace.stop();
      if (stream.is_open()) stream.finish(1s);
    }
    void on_closed(const Error& why) override {
      left = why.kind == ErrorKind::reset ? "reset" : why.message;
      pace.stop();
    }

    void begin() {
      if (begun) return;
      begun = true;
      send_on();
    }
    void send_on() {
      if (!stream.is_open()) return;
      if (stream.queued() > std::size_t{256} * 1024) return pace.start(1ms);
      const std::string_view part = std::string_view(script.bytes).substr(sent, script.piece);
      stream.write(std::as_bytes(std::span(part)));
      sent += part.size();
      if (sent == script.bytes.size() && script.endless) sent = 0;
      if (sent < script.bytes.size()) return pace.start(script.piece > 1000 ? 0ms : 1ms);
      if (script.end == Script::End::fin) stream.shutdown();
      if (script.end == Script::End::reset) {
        stream.reset();
        left = "-";
      }
    }

    const Script script;
    loop::TcpStream stream;
    loop::Timer pace;
    std::string received;
    std::string left = "open";
    std::size_t sent = 0;
    bool begun = false;
  };

  void on_accept(UniqueFd socket, const Address& peer) override {
    const Script& script = scripts_[std::min(clients_.size(), scripts_.size() - 1)];
    auto& client = *clients_.emplace_back(std::make_unique<Client>(loop_, script));
    client.stream.adopt(std::move(socket), peer);
    if (!script.deaf) client.stream.read_start();
    if (script.at_once) client.begin();
  }

  loop::Loop& loop_;
  std::vector<Script> scripts_;
  loop::TcpListener listener_;
  std::vector<std::unique_ptr<Client>> clients_;
};

}  // namespace tamada::http
