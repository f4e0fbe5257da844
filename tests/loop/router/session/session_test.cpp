#include "router/session/session.h"

#include <catch2/catch.hpp>

#include "common/base/proxy_protocol.h"
#include "tests/loop/router/session/pool_fixture.h"

using namespace tamada;
using namespace tamada::router;

TEST_CASE_METHOD(PoolFixture, "a client that comes before any server waits and goes through", "[session]") {
  FakeServer server;
  configure();
  Peer client = start();
  REQUIRE(has_waiting(1));
  CHECK(client.is_quiet());
  lead(server);
  Peer backend = server.accept();
  CHECK(backend.reads(startup_packet));
  CHECK_SOON(status().totals.held == 1);
}

TEST_CASE_METHOD(PoolFixture, "a client that leaves while it waits is dropped at once", "[session]") {
  configure();
  Peer client = start();
  Peer other_client = start();
  REQUIRE(has_waiting(2));
  SECTION("with FIN") {
    client.close();
  }
  SECTION("with RST") {
    client.close_with_reset();
  }
  CHECK(has_waiting(1));
  CHECK(logs("phase=hold"));
}

TEST_CASE_METHOD(PoolFixture, "a wait in vain ends with an error that drivers can read", "[session]") {
  writes().policy.hold = 50ms;
  configure();
  publish({});
  SECTION("for a StartupMessage") {
    Peer client = start();
    const std::string answer = client.read_to_end();
    CHECK(answer.find("57P03") != std::string::npos);
    CHECK(answer.find("no leader is known") != std::string::npos);
    CHECK(logs("why=wait-expired"));
    CHECK(logs("haproxy=sQ"));
  }
  SECTION("for an SSLRequest: N first") {
    Peer client = connect();
    client.send(postgres::build_ssl_request());
    CHECK(client.reads("N"));
    client.send(startup_packet);
    CHECK(client.read_to_end().find("57P03") != std::string::npos);
  }
  SECTION("a client that insists on TLS leaves; the log says why") {
    Peer client = connect();
    client.send(postgres::build_ssl_request());
    CHECK(client.reads("N"));
    client.close();
    CHECK(logs("why=wait-expired"));
    CHECK(log_text().find("no leader is known") != std::string::npos);
  }
  CHECK(run_until([&] { return status().totals.refused == 1; }));
}

TEST_CASE_METHOD(PoolFixture, "57P03 is retried unseen until the server is ready", "[session]") {
  FakeServer server;
  configure();
  lead(server);
  Peer client = start();
  for (int i = 0; i < 2; ++i) {
    Peer backend = server.accept();
    REQUIRE(backend.reads(startup_packet));
    backend.send(starting_up);
  }
  Peer backend = server.accept();
  REQUIRE(backend.reads(startup_packet));
  backend.send(auth_ok + ready);
  CHECK(client.reads(auth_ok + ready));
  CHECK_SOON(status().totals.retried == 2);
  CHECK_SOON(status().totals.held == 1);  // it waited, however often it was sent away
  CHECK(run_until([&] { return !hints.empty(); }));
  CHECK(hints.at(0).kind == SessionHint::Kind::starting_up);
}

TEST_CASE_METHOD(PoolFixture, "a refused or reset server is exchanged unseen", "[session]") {
  FakeServer first;
  FakeServer second;
  configure();
  SECTION("refused") {
    first.close();
    publish({{read_port, NodeId{1}, first.address()}});
    Peer client = start(read_port);
    REQUIRE(has_waiting(1, read_port));
    publish({{read_port, NodeId{2}, second.address()}});
    CHECK(second.accept().reads(startup_packet));
    CHECK(hints.empty());  // not a leader's listener
  }
  SECTION("reset after N") {
    publish({{read_port, NodeId{1}, first.address()}});
    Peer client = connect(read_port);
    client.send(postgres::build_ssl_request());
    Peer backend = first.accept();
    REQUIRE(backend.reads(postgres::build_ssl_request()));
    backend.send("N");
    REQUIRE(client.reads("N"));
    publish({{read_port, NodeId{2}, second.address()}});
    client.send(startup_packet);
    REQUIRE(backend.reads(startup_packet));
    backend.close_with_reset();
    Peer next = second.accept();
    CHECK(next.reads(startup_packet));
    next.send(auth_ok + ready);
    CHECK(client.reads(auth_ok + ready));
  }
  SECTION("closed without a word") {
    publish({{read_port, NodeId{1}, first.address()}});
    Peer client = start(read_port);
    first.accept().close();
    publish({{read_port, NodeId{2}, second.address()}});
    CHECK(second.accept().reads(startup_packet));
  }
}

TEST_CASE_METHOD(PoolFixture, "a server that nobody connects to in time is exchanged", "[session]") {
  FakeServer second;
  const UniqueFd full = loop::raw_server(0);  // its backlog is full after the first client
  const Address address = loop::socket_address(full.get());
  const UniqueFd one = loop::raw_client(address);
  const UniqueFd two = loop::raw_client(address, true);
  reads().connect_timeout = 100ms;
  configure();
  publish({{read_port, NodeId{1}, address}});
  Peer client = start(read_port);
  REQUIRE(run_until([&] { return status(read_port).totals.retried == 1; }));
  publish({{read_port, NodeId{2}, second.address()}});
  CHECK(second.accept().reads(startup_packet));
}

TEST_CASE_METHOD(PoolFixture, "an error that is the client's own reaches it", "[session]") {
  FakeServer server;
  configure();
  lead(server);
  Peer client = start();
  Peer backend = server.accept();
  REQUIRE(backend.reads(startup_packet));
  const std::string error = postgres::build_fatal("28P01", "password authentication failed");
  backend.send(error.substr(0, 9));
  backend.send(error.substr(9));
  backend.close();
  CHECK(client.read_to_end() == error);
  client.close();
  CHECK(has_sessions(0));
  CHECK(status().totals.retried == 0);
}

TEST_CASE_METHOD(PoolFixture, "junk gets a readable answer and harms nobody", "[session]") {
  configure();
  SECTION("HTTP") {
    Peer client = connect();
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.read_to_end().substr(0, 12) == "HTTP/1.0 400");
  }
  SECTION("2 GB") {
    Peer client = connect();
    client.send(std::string("\x7f\xff\xff\xff", 4));
    (void)client.read_to_end();
  }
  CHECK(logs("why=bad-start"));
  CHECK_SOON(status().totals.bad_starts == 1);
}

TEST_CASE_METHOD(PoolFixture, "half a first packet has a time limit", "[session]") {
  writes().startup_timeout = 50ms;
  configure();
  Peer client = connect();
  client.send(startup_packet.substr(0, 6));
  CHECK(client.reads_end());
  CHECK(logs("why=startup-timeout"));
}

TEST_CASE_METHOD(PoolFixture, "who connects and leaves without a word is logged at debug only", "[session]") {
  configure();
  connect().close();
  REQUIRE(logs("why=nothing-sent"));
  const std::string text = log_text();
  CHECK(text.substr(0, text.find("session.end")).find("debug") != std::string::npos);
}

TEST_CASE_METHOD(PoolFixture, "deny and allow lists hold for the client that a trusted proxy names",
                 "[session]") {
  FakeServer server;
  writes().deny = {*Network::parse("203.0.113.0/24")};
  writes().proxy_protocol_from = {*Network::parse("127.0.0.0/8")};
  writes().send_proxy_protocol = true;
  reads().deny = {*Network::parse("127.0.0.0/8")};
  configure();
  lead(server);
  Peer denied = connect();
  denied.send("PROXY TCP4 203.0.113.9 192.0.2.1 1234 5000\r\n" + startup_packet);
  (void)denied.read_to_end();
  CHECK(logs("client=203.0.113.9:1234"));
  CHECK(logs("why=denied"));
  Peer let_in = connect();
  let_in.send("PROXY TCP4 198.51.100.9 192.0.2.1 1234 5000\r\n" + startup_packet);
  CHECK(server.accept().reads(
      build_proxy_v2(*Address::from_ip("198.51.100.9", 1234), *Address::from_ip("192.0.2.1", 5000)) +
      startup_packet));
  Peer without = start();
  CHECK(without.read_to_end().empty());
  CHECK(logs("why=bad-proxy-header"));
  Peer at_the_door = connect(read_port);
  (void)at_the_door.read_to_end();
  CHECK_SOON(status().totals.denied == 1);
  CHECK_SOON(status(read_port).totals.denied == 1);
}

TEST_CASE_METHOD(PoolFixture, "under TLS bytes pass untouched and start-up ends after a bounded time",
                 "[session]") {
  FakeServer server;
  configure();
  lead(server);
  Peer client = connect();
  client.send(postgres::build_ssl_request());
  Peer backend = server.accept();
  REQUIRE(backend.reads(postgres::build_ssl_request()));
  backend.send("S");
  REQUIRE(client.reads("S"));
  client.send("\x16hello");
  REQUIRE(backend.reads("\x16hello"));
  CHECK_SOON(status().starting == 1);
  SECTION("by time") {}
  SECTION("by answers") {
    for (int i = 0; i < 4; ++i) {
      backend.send("answer");
      REQUIRE(client.reads("answer"));
      client.send("question");
      REQUIRE(backend.reads("question"));
    }
  }
  CHECK(run_until([&] { return status().starting == 0; }));
}

TEST_CASE_METHOD(PoolFixture, "direct TLS is held and goes through like any other", "[session]") {
  FakeServer server;
  configure();
  const std::string hello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 and so on", 21);
  Peer client = connect();
  client.send(hello);
  REQUIRE(has_waiting(1));
  lead(server);
  Peer backend = server.accept();
  CHECK(backend.reads(hello));
  backend.send("\x16 server hello");
  CHECK(client.reads("\x16 server hello"));
}
