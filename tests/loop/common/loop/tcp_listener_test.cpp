#include "common/loop/tcp_listener.h"

#include <sys/resource.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/loop_fixture.h"
#include "tests/support/raw_socket.h"

using namespace tamada;
using namespace tamada::loop;

namespace {

class RecordingAcceptor final : public AcceptCallbacks {
 public:
  explicit RecordingAcceptor(Loop& loop, const ListenOptions& options = {})
      : listener(std::make_unique<TcpListener>(loop, *this, options)) {}

  void on_accept(UniqueFd socket, const Address& peer) override {
    sockets.push_back(std::move(socket));
    peers.push_back(peer);
    if (when_accepted) when_accepted();
  }
  void on_paused(const Error& why) override {
    pauses.push_back(why.message);
    if (when_paused) when_paused();
  }
  void on_resumed() override { ++resumes; }

  std::unique_ptr<TcpListener> listener;
  std::vector<UniqueFd> sockets;
  std::vector<Address> peers;
  std::vector<std::string> pauses;
  int resumes = 0;
  std::function<void()> when_accepted;
  std::function<void()> when_paused;
};

// Lowers the limit on descriptors to what is open now and `spare` more, until it goes.
class FewDescriptors {
 public:
  explicit FewDescriptors(int spare) {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit now = before_;
    const UniqueFd next(::dup(0));
    now.rlim_cur = static_cast<rlim_t>(next.get() + spare);
    setrlimit(RLIMIT_NOFILE, &now);
  }
  ~FewDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("accepted connections come with the peer's address", "[tcp_listener]") {
  LoopFixture test;
  RecordingAcceptor acceptor(test.loop);
  REQUIRE(acceptor.listener->bind(loopback()));
  const Address address = acceptor.listener->address();
  CHECK(address.port() != 0);
  const UniqueFd client = raw_client(address);
  REQUIRE(test.run_until([&] { return acceptor.sockets.size() == 1; }));
  CHECK(acceptor.peers[0] == socket_address(client.get()));
  CHECK(socket_peer(acceptor.sockets[0].get()) == acceptor.peers[0]);
}

TEST_CASE("an address in use is told in full", "[tcp_listener]") {
  LoopFixture test;
  RecordingAcceptor first(test.loop);
  REQUIRE(first.listener->bind(loopback()));
  const Address address = first.listener->address();
  RecordingAcceptor second(test.loop);
  const auto bound = second.listener->bind(address);
  REQUIRE_FALSE(bound);
  CHECK(bound.error().message ==
        "cannot listen on " + address.to_string() + ": address already in use (EADDRINUSE)");
  CHECK_FALSE(second.listener->is_open());
  // Free again: the same object may bind.
  first.listener->close();
  CHECK(second.listener->bind(address));
}

TEST_CASE("an address that is not this machine's is told in full", "[tcp_listener]") {
  LoopFixture test;
  RecordingAcceptor acceptor(test.loop);
  const auto bound = acceptor.listener->bind(*Address::from_ip("192.0.2.1", 5000));
  REQUIRE_FALSE(bound);
  CHECK(bound.error().message ==
        "cannot listen on 192.0.2.1:5000: cannot assign requested address (EADDRNOTAVAIL)");
}

TEST_CASE("\"::\" serves both families, unless it is to serve IPv6 only", "[tcp_listener]") {
  LoopFixture test;
  ListenOptions options;
  options.ipv6_only = GENERATE(false, true);
  RecordingAcceptor acceptor(test.loop, options);
  REQUIRE(acceptor.listener->bind(*Address::from_ip("::", 0)));
  const auto port = acceptor.listener->address().port();
  const UniqueFd six = raw_client(*Address::from_ip("::1", port));
  REQUIRE(six.is_open());
  REQUIRE(test.run_until([&] { return acceptor.sockets.size() == 1; }));
  CHECK(acceptor.peers[0].ip() == "::1");
  const UniqueFd four = raw_client(loopback(port));
  CHECK(four.is_open() == !options.ipv6_only);
  if (!options.ipv6_only) {
    REQUIRE(test.run_until([&] { return acceptor.sockets.size() == 2; }));
    CHECK(acceptor.peers[1].ip() == "127.0.0.1");
  }
}

TEST_CASE("two listeners share an address with reuse_port", "[tcp_listener]") {
  LoopFixture test;
  ListenOptions options;
  options.reuse_port = true;
  RecordingAcceptor first(test.loop, options);
  RecordingAcceptor second(test.loop, options);
  REQUIRE(first.listener->bind(loopback()));
  REQUIRE(second.listener->bind(first.listener->address()));
}

TEST_CASE("a stopped listener leaves clients in the backlog until it resumes", "[tcp_listener]") {
  LoopFixture test;
  RecordingAcceptor acceptor(test.loop);
  REQUIRE(acceptor.listener->bind(loopback()));
  acceptor.listener->stop();
  const UniqueFd client = raw_client(acceptor.listener->address());
  REQUIRE(client.is_open());
  test.run_for(20ms);
  CHECK(acceptor.sockets.empty());
  acceptor.listener->resume();
  REQUIRE(test.run_until([&] { return acceptor.sockets.size() == 1; }));
}

TEST_CASE("a crowd is accepted a few at a time", "[tcp_listener]") {
  LoopFixture test;
  ListenOptions options;
  options.accepts_per_turn = 3;
  RecordingAcceptor acceptor(test.loop, options);
  REQUIRE(acceptor.listener->bind(loopback()));
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 10; ++i) clients.push_back(raw_client(acceptor.listener->address()));
  test.loop.run_once(Loop::Wait::once);
  CHECK(acceptor.sockets.size() == 3);
  REQUIRE(test.run_until([&] { return acceptor.sockets.size() == 10; }));
}

TEST_CASE("out of descriptors accepting pauses, says so once, loses nobody and goes on", "[tcp_listener]") {
  LoopFixture test;
  ListenOptions options;
  options.pause = 10ms;
  RecordingAcceptor acceptor(test.loop, options);
  REQUIRE(acceptor.listener->bind(loopback()));
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(raw_client(acceptor.listener->address()));
  {
    const FewDescriptors limit(2);
    REQUIRE(test.run_until([&] { return !acceptor.pauses.empty(); }));
    CHECK(acceptor.sockets.size() == 2);
    int turns = 0;
    test.loop.set_turn_hook([&] { ++turns; });
    test.run_for(60ms);  // several tries
    test.loop.set_turn_hook(nullptr);
    CHECK(turns < 50);  // no spinning: run_for() itself turns it every 5 ms
    CHECK(acceptor.pauses.size() == 1);
    CHECK(acceptor.pauses[0] == "cannot accept on " + acceptor.listener->address().to_string() +
                                    ": too many open files (EMFILE); trying again every 10 ms");
    CHECK(acceptor.resumes == 0);
  }
  REQUIRE(test.run_until([&] { return acceptor.sockets.size() == 5; }));
  CHECK(acceptor.resumes == 1);
  // All five are connected still.
  for (const UniqueFd& client : clients) CHECK_FALSE(is_readable(client));
  // The next shortage is another episode.
  clients.push_back(raw_client(acceptor.listener->address()));
  {
    const FewDescriptors limit(0);
    REQUIRE(test.run_until([&] { return acceptor.pauses.size() == 2; }));
  }
  REQUIRE(test.run_until([&] { return acceptor.resumes == 2; }));
}

TEST_CASE("an episode ends also when nobody waits any more", "[tcp_listener]") {
  LoopFixture test;
  ListenOptions options;
  options.pause = 5ms;
  RecordingAcceptor acceptor(test.loop, options);
  REQUIRE(acceptor.listener->bind(loopback()));
  const auto shared = acceptor.listener->share();
  REQUIRE(shared);
  const UniqueFd client = raw_client(acceptor.listener->address());
  {
    const FewDescriptors limit(0);
    REQUIRE(test.run_until([&] { return acceptor.pauses.size() == 1; }));
  }
  const UniqueFd taken_away = raw_accept(*shared);
  REQUIRE(taken_away.is_open());
  REQUIRE(test.run_until([&] { return acceptor.resumes == 1; }));
  CHECK(acceptor.sockets.empty());
}

TEST_CASE("stopping a paused listener ends the episode without a word", "[tcp_listener]") {
  LoopFixture test;
  ListenOptions options;
  options.pause = 5ms;
  RecordingAcceptor acceptor(test.loop, options);
  REQUIRE(acceptor.listener->bind(loopback()));
  const UniqueFd client = raw_client(acceptor.listener->address());
  {
    const FewDescriptors limit(0);
    REQUIRE(test.run_until([&] { return acceptor.pauses.size() == 1; }));
    acceptor.listener->stop();
  }
  acceptor.listener->resume();
  REQUIRE(test.run_until([&] { return acceptor.sockets.size() == 1; }));
  CHECK(acceptor.resumes == 0);
}

TEST_CASE("a listener may be closed or destroyed inside each of its callbacks", "[tcp_listener]") {
  LoopFixture test;
  RecordingAcceptor acceptor(test.loop);
  REQUIRE(acceptor.listener->bind(loopback()));
  const UniqueFd one = raw_client(acceptor.listener->address());
  const UniqueFd two = raw_client(acceptor.listener->address());
  std::unique_ptr<FewDescriptors> limit;
  SECTION("accepted, destroyed") {
    acceptor.when_accepted = [&] { acceptor.listener.reset(); };
    REQUIRE(test.run_until([&] { return acceptor.listener == nullptr; }));
    CHECK(acceptor.sockets.size() == 1);
  }
  SECTION("accepted, closed") {
    acceptor.when_accepted = [&] { acceptor.listener->close(); };
    REQUIRE(test.run_until([&] { return !acceptor.listener->is_open(); }));
    CHECK(acceptor.sockets.size() == 1);
  }
  SECTION("accepted, stopped") {
    acceptor.when_accepted = [&] { acceptor.listener->stop(); };
    REQUIRE(test.run_until([&] { return acceptor.listener->is_stopped(); }));
    CHECK(acceptor.sockets.size() == 1);
  }
  SECTION("paused, destroyed") {
    limit = std::make_unique<FewDescriptors>(0);
    acceptor.when_paused = [&] { acceptor.listener.reset(); };
    REQUIRE(test.run_until([&] { return acceptor.listener == nullptr; }));
    CHECK(acceptor.sockets.empty());
  }
  test.run_turns();
}

TEST_CASE("listeners on several loops accept from one socket, and each client exactly once",
          "[tcp_listener]") {
  constexpr std::size_t clients = 100;
  LoopFixture test;
  RecordingAcceptor here(test.loop);
  REQUIRE(here.listener->bind(loopback()));
  auto shared = here.listener->share();
  REQUIRE(shared);

  std::atomic<std::size_t> accepted_there{0};
  Loop there;
  std::jthread worker([&, socket = std::move(*shared)]() mutable {
    {
      RecordingAcceptor acceptor(there);
      acceptor.when_accepted = [&] { ++accepted_there; };
      if (!acceptor.listener->adopt(std::move(socket))) return;
      there.run();
    }
  });
  std::vector<UniqueFd> all;
  for (std::size_t i = 0; i < clients; ++i) all.push_back(raw_client(here.listener->address()));
  CHECK(test.run_until([&] { return here.sockets.size() + accepted_there == clients; }));

  // Closing one leaves the other listening.
  const Address address = here.listener->address();
  const std::size_t before = accepted_there;
  here.listener->close();
  all.push_back(raw_client(address));
  CHECK(all.back().is_open());
  CHECK(test.run_until([&] { return accepted_there == before + 1; }));
  there.post([&] { there.stop(); });
}
