// FakeServer: a listener that speaks as much PostgreSQL as a test tells it to, to one client without TLS.
#pragma once

#include <string>

#include "tests/loop/common/postgres/client/client_fixture.h"

namespace tamada::postgres {

class FakeServer {
 public:
  explicit FakeServer(ClientFixture& fixture) : fixture_(fixture) {}

  [[nodiscard]] Conninfo parameters() const {
    return {{"host", "127.0.0.1"},
            {"port", std::to_string(loop::socket_address(listener_.get()).port())},
            {"user", "postgres"},
            {"sslmode", "disable"},
            {"gssencmode", "disable"}};
  }
  // Takes the client and its start-up packet.
  void accept() {
    fixture_.until([this] { return loop::is_readable(listener_); });
    peer_ = loop::raw_accept(listener_);
    wait_for_bytes(9);
  }
  // AuthenticationOk, a parameter, ReadyForQuery.
  void let_in() {
    using std::string_literals::operator""s;
    send("R\0\0\0\x08\0\0\0\0"s + "S\0\0\0\x18server_version\0"s + "15.0\0"s + "Z\0\0\0\x05I"s);
  }
  void wait_for_bytes(std::size_t count) {
    loop::Arrived arrived;
    fixture_.until([&] {
      loop::take_arrived(peer_, arrived);
      return arrived.bytes.size() >= count;
    });
  }
  void send(const std::string& bytes) const { loop::raw_send(peer_, bytes); }
  void hang_up() const { ::shutdown(peer_.get(), SHUT_WR); }

 private:
  ClientFixture& fixture_;
  const UniqueFd listener_ = loop::raw_server();
  UniqueFd peer_;
};

}  // namespace tamada::postgres
