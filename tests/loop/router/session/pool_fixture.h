// PoolFixture: a real WorkerPool on loopback, with scripted servers and clients made of plain sockets. The
// test is the control loop: it publishes tables and turns the loop where it waits for an answer.
#pragma once

#include <catch2/catch.hpp>
#include <sys/mman.h>
#include <sys/socket.h>

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/postgres/error_response.h"
#include "common/postgres/startup_packet.h"
#include "router/session/worker_pool.h"
#include "tests/support/loop_fixture.h"
#include "tests/support/raw_socket.h"

namespace tamada::router {

inline const ListenerId write_port{1};
inline const ListenerId read_port{2};

inline std::string pg_message(char type, const std::string& body) {
  std::string out(1, type);
  append_u32(out, static_cast<std::uint32_t>(body.size() + 4));
  return out + body;
}
inline std::string pg_key(std::uint32_t pid, const std::string& key) {
  std::string body;
  append_u32(body, pid);
  return pg_message('K', body + key);
}
inline const std::string auth_ok = pg_message('R', std::string(4, '\0'));
inline const std::string ready = pg_message('Z', "I");
inline const std::string starting_up = postgres::build_fatal("57P03", "the database system is starting up");
inline const std::string startup_packet =
    postgres::build_startup_message({3, 0, {{"user", "alice"}, {"database", "shop"}}});

// One side of a connection, read with patience.
class Peer {
 public:
  Peer() = default;
  explicit Peer(UniqueFd fd) : fd_(std::move(fd)) {}

  [[nodiscard]] bool is_open() const { return fd_.is_open(); }
  [[nodiscard]] const UniqueFd& fd() const { return fd_; }
  void send(const std::string& bytes) const { loop::raw_send(fd_, bytes); }
  void send_fin() const { (void)::shutdown(fd_.get(), SHUT_WR); }
  void close() { fd_.reset(); }
  void close_with_reset() {
    const linger hard{1, 0};
    (void)::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    fd_.reset();
  }

  // Exactly `count` more bytes; fewer if the peer ends or ten seconds pass.
  std::string read(std::size_t count) {
    while (arrived_.bytes.size() < count && !over() && loop::is_readable(fd_, 10000)) {
      loop::take_arrived(fd_, arrived_, count - arrived_.bytes.size());
    }
    std::string bytes = arrived_.bytes.substr(0, count);
    arrived_.bytes.erase(0, bytes.size());
    return bytes;
  }
  bool reads(const std::string& expected) { return read(expected.size()) == expected; }
  // Everything up to the end of the connection.
  std::string read_to_end() {
    while (!over() && loop::is_readable(fd_, 10000)) loop::take_arrived(fd_, arrived_);
    return std::exchange(arrived_.bytes, {});
  }
  // The peer's FIN with nothing before it.
  bool reads_end() { return read_to_end().empty() && arrived_.end; }
  bool reads_reset() {
    (void)read_to_end();
    return arrived_.error == ECONNRESET;
  }
  [[nodiscard]] bool is_quiet() const { return !loop::is_readable(fd_, 50); }

 private:
  [[nodiscard]] bool over() const { return arrived_.end || arrived_.error != 0; }
  UniqueFd fd_;
  loop::Arrived arrived_;
};

// A PostgreSQL server that does what the test says.
class FakeServer {
 public:
  FakeServer() : listening_(loop::raw_server()), address_(loop::socket_address(listening_.get())) {}

  [[nodiscard]] const Address& address() const { return address_; }
  // The next connection; not open if none comes.
  Peer accept(int wait_ms = 10000) {
    if (!loop::is_readable(listening_, wait_ms)) return {};
    return Peer(loop::raw_accept(listening_));
  }
  // From now on connections are refused.
  void close() { listening_.reset(); }
  void open_again() {
    listening_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    loop::set_socket_option(listening_.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    REQUIRE(::bind(listening_.get(), address_.data(), address_.size()) == 0);
    REQUIRE(::listen(listening_.get(), 128) == 0);
  }

 private:
  UniqueFd listening_;
  Address address_;
};

class PoolFixture : public loop::LoopFixture, protected WorkerPoolCallbacks {
 public:
  explicit PoolFixture(std::uint32_t workers = 2)
      : log_file_(::memfd_create("log", MFD_CLOEXEC)),
        log(LogConfig{"debug", LogFormat::text}, log_file_.get()) {
    config.listeners.push_back(listener(write_port, "write", Target::leader));
    config.listeners.push_back(listener(read_port, "read", Target::replica));
    pool = std::make_unique<WorkerPool>(loop, workers, log, static_cast<WorkerPoolCallbacks&>(*this));
  }
  virtual ~PoolFixture() { pool.reset(); }

  static ListenerConfig listener(ListenerId id, const std::string& name, Target to) {
    ListenerConfig made;
    made.policy.id = id;
    made.policy.name = name;
    made.policy.to = to;
    made.bind = {HostPort{"127.0.0.1", 0}};
    return made;
  }
  ListenerConfig& writes() { return config.listeners[0]; }
  ListenerConfig& reads() { return config.listeners[1]; }

  void configure() { REQUIRE(pool->configure(config).empty()); }

  // A table with these servers; node ids count from 1 in the order of `servers`.
  struct Route {
    ListenerId listener;
    NodeId node;
    Address server;
  };
  Generation publish(const std::vector<Route>& routes,
                     const std::vector<std::pair<ListenerId, CutLine>>& cuts = {}, Duration valid = 60s) {
    auto table = std::make_shared<RoutingTable>();
    table->generation = ++generation_;
    if (good_for) table->good_until = *good_for == 0s ? TimePoint{} : loop::boot_now() + *good_for;
    table->writers = written_to;
    for (const ListenerConfig& one : config.listeners) {
      ListenerRoutes entry;
      entry.listener = one.policy.id;
      entry.why_none = "no leader is known";
      for (const Route& route : routes) {
        if (route.listener != entry.listener) continue;
        entry.candidates.push_back(
            {route.node, "node-" + std::to_string(route.node.value), route.server, loop::boot_now() + valid});
      }
      for (const auto& [listener, line] : cuts) {
        if (listener == entry.listener) entry.cuts.push_back(line);
      }
      table->listeners.push_back(std::move(entry));
    }
    pool->publish(table);
    return generation_;
  }
  Generation lead(const FakeServer& server, NodeId node = NodeId{1}) {
    return publish({{write_port, node, server.address()}});
  }
  // Cuts what was admitted on `node` before the table that this call publishes.
  Generation cut(NodeId node, CutCause cause = CutCause::demoted) {
    return publish({}, {{write_port, CutLine{node, generation_ + 1, cause, "the test says so"}}});
  }
  bool is_acknowledged(Generation generation) {
    return run_until([&] { return acknowledged >= generation; });
  }

  Address address_of(ListenerId id) {
    for (const ListenerStatus& status : pool->status()) {
      if (status.id == id && !status.bind.empty()) {
        const HostPort bound = *HostPort::parse(status.bind[0], 0);
        return *Address::from_ip(bound.host, bound.port);
      }
    }
    return {};
  }
  Peer connect(ListenerId id = write_port) { return Peer(loop::raw_client(address_of(id))); }
  // Connects and sends the StartupMessage.
  Peer start(ListenerId id = write_port) {
    Peer client = connect(id);
    client.send(startup_packet);
    return client;
  }
  // Sends until nobody takes any more, neither the other side, nor the router, nor the kernel; how many bytes that took.
  std::size_t fill_way_from(const Peer& peer) {
    const std::string chunk(64 * 1024, 'x');
    std::size_t sent = 0;
    for (int idle = 0; idle < 20;) {
      const ssize_t n = ::send(peer.fd().get(), chunk.data(), chunk.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (n > 0) {
        sent += static_cast<std::size_t>(n);
        idle = 0;
      } else {
        ++idle;
        run_for(10ms);
      }
      REQUIRE(sent < std::size_t{512} << 20);
    }
    return sent;
  }
  // A running session: client and server.
  std::pair<Peer, Peer> session(FakeServer& server, ListenerId id = write_port, std::uint32_t pid = 1,
                                const std::string& key = "key!") {
    Peer client = start(id);
    Peer backend = server.accept();
    REQUIRE(backend.reads(startup_packet));
    const std::string reply = auth_ok + pg_key(pid, key) + ready;
    backend.send(reply);
    REQUIRE(client.reads(reply));
    return {std::move(client), std::move(backend)};
  }

  ListenerStatus status(ListenerId id = write_port) {
    for (const ListenerStatus& one : pool->status()) {
      if (one.id == id) return one;
    }
    return {};
  }
  bool has_sessions(std::uint32_t count, ListenerId id = write_port) {
    return run_until([&] { return status(id).sessions == count; });
  }
  bool has_waiting(std::uint32_t count, ListenerId id = write_port) {
    return run_until([&] { return status(id).held + status(id).queued == count; });
  }

  std::string log_text() {
    std::string text;
    char buffer[4096];
    for (off_t at = 0;;) {
      const ssize_t n = ::pread(log_file_.get(), buffer, sizeof buffer, at);
      if (n <= 0) return text;
      text.append(buffer, static_cast<std::size_t>(n));
      at += n;
    }
  }
  bool logs(const std::string& words) {
    return run_until([&] { return log_text().find(words) != std::string::npos; });
  }

  RouterConfig config;
  std::optional<Duration> good_for;  // how long the next tables are good; 0: nothing may be passed on
  std::vector<NodeId> written_to;    // RoutingTable::writers of the next tables
  Generation acknowledged = 0;
  std::vector<SessionHint> hints;
  std::vector<NodeId> gone;
  std::vector<std::pair<NodeId, TimePoint>> first_starts;
  bool drained = false;

 protected:
  void on_acknowledged(Generation generation) override { acknowledged = generation; }
  void on_hint(const SessionHint& hint) override { hints.push_back(hint); }
  void on_sessions_gone(NodeId node) override { gone.push_back(node); }
  void on_first_start(NodeId node, TimePoint at) override { first_starts.emplace_back(node, at); }
  void on_drained() override { drained = true; }

 private:
  UniqueFd log_file_;
  Generation generation_ = 0;

 public:
  EventLog log;
  std::unique_ptr<WorkerPool> pool;
};

}  // namespace tamada::router
