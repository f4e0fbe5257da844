// FakeNode: a node as the router sees it: a REST API that speaks as Patroni 3.0.2 does (HTTP/1.0, one answer,
// the end of the connection ends it), and a PostgreSQL port. On plain loop sockets, so that nothing of
// common/http tests itself. It can also be hostile.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/loop/tcp_listener.h"
#include "common/loop/tcp_stream.h"
#include "tests/support/raw_socket.h"

namespace tamada::router {

// One accepted connection that is answered by a function of what it sent so far.
class FakeConnection final : private loop::StreamCallbacks {
 public:
  // Given all bytes so far; answers through the stream. Called for each arrival.
  using Talk = std::function<void(loop::TcpStream& stream, const std::string& heard)>;

  FakeConnection(loop::Loop& loop, UniqueFd socket, Talk talk) : stream(loop, *this), talk_(std::move(talk)) {
    stream.adopt(std::move(socket));
    stream.read_start();
  }

  loop::TcpStream stream;
  std::string heard;
  bool ended = false;   // the peer's FIN
  bool closed = false;  // reset
  std::function<void()> on_room;

 private:
  void on_bytes(std::span<const std::byte> bytes) override {
    heard.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    talk_(stream, heard);
  }
  void on_end() override {
    ended = true;
    if (stream.is_open() && !stream.is_shutdown()) stream.finish(1s);
  }
  void on_drained() override {
    if (on_room) on_room();
  }
  void on_closed(const Error& /*why*/) override { closed = true; }

  Talk talk_;
};

// Listens, and talks to everybody who comes.
class FakeServer final : private loop::AcceptCallbacks {
 public:
  FakeServer(loop::Loop& loop, const Address& address, FakeConnection::Talk talk)
      : loop_(loop), listener_(loop, *this), talk_(std::move(talk)) {
    REQUIRE(listener_.bind(address));
    address_ = listener_.address();
  }

  [[nodiscard]] const Address& address() const { return address_; }
  // Nobody listens any more and open connections are reset; up() takes the same port again.
  void down() {
    listener_.close();
    for (auto& connection : connections) connection->stream.reset();
    connections.clear();
  }
  void up() { REQUIRE(listener_.bind(address_)); }

  std::vector<std::unique_ptr<FakeConnection>> connections;
  std::size_t accepted = 0;

 private:
  void on_accept(UniqueFd socket, const Address& /*peer*/) override {
    ++accepted;
    std::erase_if(connections, [](const auto& one) { return !one->stream.is_open(); });
    connections.push_back(std::make_unique<FakeConnection>(loop_, std::move(socket), talk_));
  }

  loop::Loop& loop_;
  loop::TcpListener listener_;
  FakeConnection::Talk talk_;
  Address address_;
};

enum class Manner {
  well,
  silent,       // reads the request and says nothing
  drips,        // a byte of the answer, and never the next
  endless,      // a body without end
  big_headers,  // 1 MB of them
  broken_json,
  resets,
};

class FakePatroni {
 public:
  FakePatroni(loop::Loop& loop, const Address& address = loop::loopback())
      : server_(loop, address,
                [this](loop::TcpStream& stream, const std::string& heard) { talk(stream, heard); }) {}

  void be_leader() { role(true); }
  void be_replica() { role(false); }
  // What GET `path` answers from now on; with "POST /switchover", what that does.
  void answer(const std::string& path, int status, std::string body) {
    answers_[path] = {status, std::move(body)};
  }

  [[nodiscard]] std::string url() const { return "http://" + server_.address().to_string(); }
  [[nodiscard]] HostPort host_port() const { return {server_.address().ip(), server_.address().port()}; }

  Manner manner = Manner::well;
  std::string scope = "test";
  std::string system_id = "7000000000000000001";
  std::uint32_t timeline = 1;
  std::string started;  // when its PostgreSQL was; empty: not told. Before be_leader() and be_replica()
  std::vector<std::string> asked;  // the paths, in order; of a POST with the word before
  std::string posted;              // the newest POST, head and body

  FakeServer& server() { return server_; }

 private:
  void role(bool leader) {
    const std::string position =
        leader ? R"("location": 1000)" : R"("received_location": 1000, "replayed_location": 1000)";
    const std::string body = fmt::format(
        R"({{"state": "running", "role": "{}", "server_version": 150004, "xlog": {{{}}}, "timeline": {}, )"
        R"("dcs_last_seen": 1700000000, "database_system_identifier": "{}", {})"
        R"("patroni": {{"version": "3.0.2", "scope": "{}"}}}})",
        leader ? "master" : "replica", position, timeline, system_id,
        started.empty() ? "" : fmt::format(R"("postmaster_start_time": "{}", )", started), scope);
    answer("/master", leader ? 200 : 503, body);
    answer("/replica", leader ? 503 : 200, body);
    answer("/config", 200, R"({"ttl": 30, "loop_wait": 10, "retry_timeout": 10})");
  }

  void talk(loop::TcpStream& stream, const std::string& heard) {
    const std::size_t end = heard.find("\r\n\r\n");
    if (end == std::string::npos) return;
    std::string path = heard.substr(4, heard.find(' ', 4) - 4);
    if (heard.rfind("POST ", 0) == 0) {
      const std::size_t length = heard.find("Content-Length: ");
      if (heard.size() < end + 4 + std::stoul(heard.substr(length + 16))) return;
      path = heard.substr(0, heard.find(' ', 5));
      posted = heard;
    }
    asked.push_back(path);
    const auto found = answers_.find(path);
    const int status = found == answers_.end() ? 503 : found->second.first;
    const std::string body = found == answers_.end() ? "{}" : found->second.second;
    const std::string head = fmt::format(
        "HTTP/1.0 {} {}\r\nServer: BaseHTTP/0.6 Python/3.11.2\r\nContent-Type: application/json\r\n", status,
        status == 200 ? "OK" : "Service Unavailable");
    switch (manner) {
      case Manner::well:
        say(stream, head + "\r\n" + body);
        return stream.finish(1s);
      case Manner::silent:
        return;
      case Manner::drips:
        return say(stream, head + "\r\n" + body.substr(0, 1));
      case Manner::endless:
        return say(stream, head + "\r\n" + std::string(std::size_t{2} * 1024 * 1024, ' '));
      case Manner::big_headers:
        return say(stream, head + "X-Long: " + std::string(std::size_t{1024} * 1024, 'x'));
      case Manner::broken_json:
        say(stream, head + "\r\n{\"state\": \"running\", ");
        return stream.finish(1s);
      case Manner::resets:
        return stream.reset();
    }
  }

  static void say(loop::TcpStream& stream, const std::string& text) {
    stream.write(std::as_bytes(std::span(text)));
  }

  std::map<std::string, std::pair<int, std::string>> answers_;
  FakeServer server_;
};

// A PostgreSQL that lets everybody in and then says its name: SSLRequest gets 'N', a StartupMessage gets
// AuthenticationOk, BackendKeyData, ReadyForQuery; what comes after it is sent back behind the name.
class FakePostgres {
 public:
  FakePostgres(loop::Loop& loop, std::string name, const Address& address = loop::loopback())
      : server_(loop, address, [name = std::move(name)](loop::TcpStream& stream, const std::string& heard) {
          const auto say = [&](const std::string& text) { stream.write(std::as_bytes(std::span(text))); };
          static const std::string ssl_request("\0\0\0\x08\x04\xd2\x16\x2f", 8);
          if (heard == ssl_request) return say("N");
          const std::size_t start = heard.rfind(ssl_request, 0) == 0 ? 8 : 0;
          const std::string rest = heard.substr(start);
          if (rest.size() < 8) return;
          const std::size_t length =
              (static_cast<unsigned char>(rest[2]) << 8) | static_cast<unsigned char>(rest[3]);
          if (rest.size() == length) {
            say(std::string("R\0\0\0\x08\0\0\0\0", 9) + std::string("K\0\0\0\x0c\0\0\0\x01\0\0\0\x02", 13) +
                std::string("Z\0\0\0\x05I", 6));
          } else if (rest.size() > length) {
            say("[" + name + "]");
          }
        }) {}

  [[nodiscard]] HostPort host_port() const { return {server_.address().ip(), server_.address().port()}; }
  FakeServer& server() { return server_; }

 private:
  FakeServer server_;
};

}  // namespace tamada::router
