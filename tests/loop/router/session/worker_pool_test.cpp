#include "router/session/worker_pool.h"

#include <catch2/catch.hpp>
#include <sys/resource.h>

#include <algorithm>
#include <optional>
#include <set>

#include "tests/loop/router/session/pool_fixture.h"

using namespace tamada;
using namespace tamada::router;

TEST_CASE_METHOD(PoolFixture, "a cut is acknowledged only after running and starting sessions are closed",
                 "[worker_pool]") {
  FakeServer server;
  configure();
  lead(server);
  std::vector<std::pair<Peer, Peer>> running;
  for (int i = 0; i < 6; ++i) running.push_back(session(server));
  std::vector<Peer> starting;
  std::vector<Peer> backends;
  for (int i = 0; i < 6; ++i) {
    starting.push_back(start());
    backends.push_back(server.accept());
    REQUIRE(backends.back().reads(startup_packet));
  }
  REQUIRE(is_acknowledged(cut(NodeId{1})));
  // Acknowledged: every server socket has seen its end already.
  for (auto& [client, backend] : running) {
    CHECK(loop::is_readable(backend.fd()));
    CHECK(backend.reads_reset());
    CHECK(client.reads_end());
  }
  for (Peer& backend : backends) {
    CHECK(loop::is_readable(backend.fd()));
    CHECK(backend.reads_reset());
  }
  CHECK(logs("why=node-demoted"));
  CHECK(logs("haproxy=DD"));
  CHECK_SOON(status().totals.cut == 6);
  // Those that had not seen an answer wait, unseen, for the next leader.
  CHECK(has_waiting(6));
  FakeServer next;
  lead(next, NodeId{2});
  for (int i = 0; i < 6; ++i) CHECK(next.accept().reads(startup_packet));
  CHECK(starting[0].is_quiet());
}

TEST_CASE_METHOD(PoolFixture, "a session that is still connecting is cut too", "[worker_pool]") {
  const UniqueFd full = loop::raw_server(0);
  const Address address = loop::socket_address(full.get());
  const UniqueFd one = loop::raw_client(address);
  const UniqueFd two = loop::raw_client(address, true);
  writes().connect_timeout = 60s;
  configure();
  publish({{write_port, NodeId{1}, address}});
  Peer client = start();
  REQUIRE(run_until([&] { return status().starting == 1; }));
  REQUIRE(is_acknowledged(cut(NodeId{1})));
  CHECK(has_waiting(1));
  FakeServer next;
  lead(next, NodeId{2});
  CHECK(next.accept().reads(startup_packet));
}

TEST_CASE_METHOD(PoolFixture, "sessions admitted under the table that cuts, or later, stay",
                 "[worker_pool]") {
  FakeServer server;
  configure();
  lead(server);
  auto [old_client, old_backend] = session(server);
  const CutLine line{NodeId{1}, 2, CutCause::maintenance, "by hand"};
  const Generation cutting = publish({{write_port, NodeId{1}, server.address()}}, {{write_port, line}});
  REQUIRE(cutting == 2);
  REQUIRE(is_acknowledged(cutting));
  CHECK(old_client.reads_end());
  auto [client, backend] = session(server);
  REQUIRE(is_acknowledged(publish({{write_port, NodeId{1}, server.address()}}, {{write_port, line}})));
  client.send("still here");
  CHECK(backend.reads("still here"));
}

TEST_CASE_METHOD(PoolFixture, "a table that has run out makes clients wait", "[worker_pool]") {
  FakeServer server;
  configure();
  publish({{write_port, NodeId{1}, server.address()}}, {}, -1s);
  Peer client = start();
  REQUIRE(has_waiting(1));
  lead(server);
  CHECK(server.accept().reads(startup_packet));
}

TEST_CASE_METHOD(PoolFixture, "held clients are let in in their order, a bounded number at a time",
                 "[worker_pool]") {
  FakeServer server;
  writes().policy.max_starting = 2;
  configure();
  std::vector<Peer> clients;
  for (int i = 0; i < 8; ++i) {
    Peer client = connect();
    client.send(postgres::build_startup_message({3, 0, {{"user", "u" + std::to_string(i)}}}));
    clients.push_back(std::move(client));
    REQUIRE(has_waiting(static_cast<std::uint32_t>(i) + 1));
  }
  lead(server);
  std::set<std::string> wave;
  for (int i = 0; i < 8; i += 2) {
    std::vector<Peer> backends;
    wave.clear();
    for (int k = 0; k < 2; ++k) {
      backends.push_back(server.accept());
      REQUIRE(backends.back().is_open());
      const std::string packet = backends.back().read(clients.size() > 0 ? 17 : 0);
      wave.insert(packet.substr(packet.find("user") + 5, 2));
    }
    CHECK(wave == std::set<std::string>{"u" + std::to_string(i), "u" + std::to_string(i + 1)});
    CHECK_FALSE(server.accept(30).is_open());
    for (Peer& backend : backends) backend.send(auth_ok + ready);
    for (int k = 0; k < 2; ++k) CHECK(clients[static_cast<std::size_t>(i + k)].reads(auth_ok + ready));
    for (Peer& backend : backends) backend.close();
  }
}

TEST_CASE_METHOD(PoolFixture, "max_connections queues across workers", "[worker_pool]") {
  FakeServer server;
  writes().policy.max_connections = 3;
  configure();
  lead(server);
  std::vector<std::pair<Peer, Peer>> running;
  for (int i = 0; i < 3; ++i) running.push_back(session(server));
  Peer fourth = start();
  REQUIRE(run_until([&] { return status().queued == 1; }));
  CHECK_FALSE(server.accept(30).is_open());
  running[0].first.close();
  running[0].second.close();
  CHECK(server.accept().reads(startup_packet));
}

TEST_CASE_METHOD(PoolFixture, "a full hold queue turns away with an error", "[worker_pool]") {
  writes().policy.max_held = 1;
  configure();
  Peer first = start();
  REQUIRE(has_waiting(1));
  Peer second = start();
  CHECK_FALSE(second.read_to_end().empty());
  CHECK(logs("why=turned-away"));
  CHECK_SOON(status().held == 1);
}

TEST_CASE_METHOD(PoolFixture, "a few clients spread evenly over the workers", "[worker_pool]") {
  configure();
  std::vector<Peer> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(start());
  REQUIRE(has_waiting(8));
  std::optional<SessionList> list;
  pool->sessions([&](SessionList all) { list = std::move(all); });
  REQUIRE(run_until([&] { return list.has_value(); }));
  for (const std::uint32_t worker : {0U, 1U}) {
    CHECK(std::count_if(list->sessions.begin(), list->sessions.end(),
                        [&](const SessionStats& one) { return one.id.worker == worker; }) == 4);
  }
}

TEST_CASE_METHOD(PoolFixture, "listeners change in place and all or nothing", "[worker_pool]") {
  FakeServer server;
  configure();
  lead(server);
  auto [client, backend] = session(server);
  const Address write_address = address_of(write_port);
  const UniqueFd taken = loop::raw_server();
  SECTION("an address that is taken changes nothing") {
    config.listeners.push_back(listener(ListenerId{3}, "third", Target::any));
    config.listeners[2].bind = {HostPort{"127.0.0.1", 0},
                                HostPort{"127.0.0.1", loop::socket_address(taken.get()).port()}};
    config.listeners.erase(config.listeners.begin() + 1);
    const std::vector<Error> errors = pool->configure(config);
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].message.find("address already in use") != std::string::npos);
    CHECK(address_of(write_port) == write_address);
    CHECK(address_of(read_port).is_set());
    CHECK_FALSE(address_of(ListenerId{3}).is_set());
    CHECK(start(read_port).is_open());
  }
  SECTION("a name is not an address") {
    config.listeners[1].bind = {HostPort{"nowhere.invalid", 5001}};
    const std::vector<Error> errors = pool->configure(config);
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].message ==
          "cannot listen on nowhere.invalid:5001: not an IP address; use one of this machine's, or \"*\"");
  }
  SECTION("another listener comes, one goes, the third keeps its socket") {
    const Address read_address = address_of(read_port);
    config.listeners[1] = listener(ListenerId{3}, "third", Target::any);
    config.listeners[1].bind = {HostPort{"127.0.0.1", 0}, HostPort{"::1", 0}};
    configure();
    publish({{write_port, NodeId{1}, server.address()}, {ListenerId{3}, NodeId{1}, server.address()}});
    CHECK(address_of(write_port) == write_address);
    auto [third, third_backend] = session(server, ListenerId{3});
    CHECK_SOON(status(ListenerId{3}).bind.size() == 2);
    bool on_ipv6 = false;
    for (const std::string& bind : status(ListenerId{3}).bind) on_ipv6 |= bind.substr(0, 6) == "[::1]:";
    CHECK(on_ipv6);
    CHECK(address_of(read_port) != read_address);
  }
  SECTION("a port moves from one address to another") {
    // All addresses of a port that the system chose for one may be taken: some connection leaves from it.
    REQUIRE(run_until([&] {
      reads().bind = {HostPort{"127.0.0.1", 0}};
      configure();
      const std::uint16_t port = address_of(read_port).port();
      reads().bind = {HostPort{"127.0.0.1", port}};
      configure();
      reads().bind = {HostPort{"0.0.0.0", port}};
      return pool->configure(config).empty();
    }));
    publish({{read_port, NodeId{1}, server.address()}});
    auto [reader, reader_backend] = session(server, read_port);
  }
  client.send("untouched");
  CHECK(backend.reads("untouched"));
}

TEST_CASE_METHOD(PoolFixture, "new settings are for new sessions", "[worker_pool]") {
  FakeServer server;
  configure();
  lead(server);
  auto [client, backend] = session(server);
  writes().deny = {*Network::parse("127.0.0.0/8")};
  configure();
  REQUIRE(run_until([&] {
    (void)connect().read_to_end();
    return status().totals.denied > 0;
  }));
  client.send("goes on");
  CHECK(backend.reads("goes on"));
}

TEST_CASE_METHOD(PoolFixture, "the last session on a node that left is told once", "[worker_pool]") {
  FakeServer server;
  configure();
  lead(server);
  auto one = session(server);
  auto two = session(server);
  CHECK(pool->sessions_on(NodeId{1}) == 2);
  REQUIRE(is_acknowledged(publish({})));
  one.first.close();
  one.second.close();
  REQUIRE(has_sessions(1));
  CHECK(gone.empty());
  two.first.close();
  two.second.close();
  CHECK(run_until([&] { return gone == std::vector{NodeId{1}}; }));
}

TEST_CASE_METHOD(PoolFixture, "the limit of clients pauses accepting and says so", "[worker_pool]") {
  FakeServer server;
  config.max_connections = 2;
  configure();
  lead(server);
  auto one = session(server);
  auto two = session(server);
  REQUIRE(logs("listener.paused"));
  CHECK_SOON(status().paused);
  std::vector<Peer> more;
  for (int i = 0; i < 6; ++i) more.push_back(start());
  run_for(50ms);
  const std::uint32_t let_in = status().sessions;
  CHECK(let_in <= 2 + 16 + 1);  // the other worker notices with its next clients
  one.first.close();
  one.second.close();
  two.first.close();
  two.second.close();
  more.clear();
  CHECK(logs("listener.resumed"));
  CHECK(run_until([&] { return !status().paused; }));
}

TEST_CASE_METHOD(PoolFixture, "no descriptors left: accepting pauses, says so, and goes on",
                 "[worker_pool]") {
  FakeServer server;
  configure();
  // Before the descriptors are gone: UBSan's look at a virtual call needs one itself.
  REQUIRE(is_acknowledged(lead(server)));
  auto [client, backend] = session(server);
  Peer late = connect();
  UniqueFd second(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  // All numbers below the highest in use are taken, and no higher one is allowed.
  std::vector<UniqueFd> fillers;
  rlimit limit{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const rlimit before = limit;
  limit.rlim_cur = static_cast<rlim_t>(second.get()) + 20;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  while (true) {
    UniqueFd filler(::dup(0));
    if (!filler.is_open()) break;
    fillers.push_back(std::move(filler));
  }
  const Address port = address_of(write_port);
  REQUIRE(::connect(second.get(), port.data(), port.size()) == 0);
  CHECK(logs("listener.paused"));
  client.send("still works");
  CHECK(backend.reads("still works"));
  fillers.clear();
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  Peer waiting(std::move(second));
  waiting.send(startup_packet);
  CHECK(server.accept().reads(startup_packet));
  CHECK(logs("listener.resumed"));
}

TEST_CASE_METHOD(PoolFixture, "a storm of clients comes, is cut and goes without harm", "[worker_pool]") {
  FakeServer server;
  configure();
  lead(server);
  std::vector<Peer> clients;
  std::vector<Peer> backends;
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 40; ++i) clients.push_back(start());
    for (int i = 0; i < 20; ++i) {
      Peer backend = server.accept();
      backend.send(auth_ok + ready);
      backends.push_back(std::move(backend));
    }
    configure();
    for (std::size_t i = 0; i < clients.size(); i += 3) clients[i].close_with_reset();
    cut(NodeId{1});
    lead(server);
  }
  clients.clear();
  backends.clear();
  server.close();
  CHECK(run_until([&] { return status().sessions == 0 && status().held + status().queued == 0; }));
}
