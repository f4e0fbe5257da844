#include "router/session/session.h"

#include <catch2/catch.hpp>

#include "common/base/proxy_protocol.h"
#include "tests/loop/router/session/pool_fixture.h"

using namespace tamada;
using namespace tamada::router;

TEST_CASE_METHOD(PoolFixture, "a session is relayed both ways and has its line in the log", "[session]") {
  FakeServer server;
  configure();
  lead(server);
  auto [client, backend] = session(server);
  client.send("select");
  CHECK(backend.reads("select"));
  backend.send("result");
  CHECK(client.reads("result"));
  CHECK_SOON(status().sessions == 1);
  CHECK(run_until([&] { return status().starting == 0; }));
  client.close();
  CHECK(backend.reads_end());
  backend.close();
  REQUIRE(logs("session.end"));
  const std::string text = log_text();
  CHECK(text.find("listener=write node=node-1") != std::string::npos);
  CHECK(text.find("user=alice database=shop") != std::string::npos);
  CHECK(text.find("ended_by=client phase=closing why=closed") != std::string::npos);
  CHECK(text.find("haproxy=--") != std::string::npos);
  CHECK(has_sessions(0));
  CHECK_SOON(status().totals.up_bytes == startup_packet.size() + 6);
  CHECK_SOON(status().totals.accepted == 1);
}

TEST_CASE_METHOD(PoolFixture, "the bytes of a running session are counted while it runs", "[session]") {
  FakeServer server;
  configure();
  lead(server);
  auto [client, backend] = session(server);
  const std::uint64_t before = status().totals.down_bytes;
  backend.send("12345");
  REQUIRE(client.reads("12345"));
  CHECK(run_until([&] { return status().totals.down_bytes == before + 5; }));
}

TEST_CASE_METHOD(PoolFixture, "a server's last words arrive before its end", "[session]") {
  FakeServer server;
  configure();
  lead(server);
  auto [client, backend] = session(server);
  const std::string words =
      postgres::build_fatal("57P01", "terminating connection due to administrator command");
  backend.send(words);
  backend.close();
  CHECK(client.reads(words));
  CHECK(client.reads_end());
  client.close();
  REQUIRE(logs("ended_by=server phase=closing why=closed"));
}

TEST_CASE_METHOD(PoolFixture, "half of a connection may be closed and the other half goes on", "[session]") {
  FakeServer server;
  configure();
  lead(server);
  auto [client, backend] = session(server);
  client.send("last");
  client.send_fin();
  CHECK(backend.reads("last"));
  CHECK(backend.reads_end());
  backend.send("answer");
  backend.close();
  CHECK(client.reads("answer"));
  CHECK(client.reads_end());
}

TEST_CASE_METHOD(PoolFixture, "a reset passes through in both directions", "[session]") {
  FakeServer server;
  configure();
  lead(server);
  SECTION("from the client") {
    auto [client, backend] = session(server);
    client.close_with_reset();
    CHECK(backend.reads_reset());
    CHECK(logs("ended_by=client phase=relay why=reset"));
    CHECK(logs("haproxy=CD"));
  }
  SECTION("from the server") {
    auto [client, backend] = session(server);
    backend.close_with_reset();
    CHECK(client.reads_reset());
    CHECK(logs("ended_by=server phase=relay why=reset"));
    CHECK(run_until([&] { return !hints.empty(); }));
    CHECK(hints.at(0).kind == SessionHint::Kind::reset);
    CHECK(hints.at(0).node == NodeId{1});
  }
}

TEST_CASE_METHOD(PoolFixture, "a slow reader stops the sender and gets every byte", "[session]") {
  FakeServer server;
  configure();
  lead(server);
  auto [client, backend] = session(server);
  // Until nobody takes any more: what fits is the kernel's buffers and one read of ours.
  const std::string chunk(64 * 1024, 'x');
  std::size_t sent = 0;
  for (int idle = 0; idle < 20;) {
    const ssize_t n = ::send(backend.fd().get(), chunk.data(), chunk.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) {
      sent += static_cast<std::size_t>(n);
      idle = 0;
    } else {
      ++idle;
      run_for(10ms);
    }
    REQUIRE(sent < std::size_t{512} << 20);
  }
  CHECK(status().totals.down_bytes < sent + auth_ok.size() + 100);
  backend.close();
  CHECK(client.read_to_end().size() == sent);
}

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

TEST_CASE_METHOD(PoolFixture, "after one side has closed the other has fin_timeout", "[session]") {
  FakeServer server;
  writes().fin_timeout = 80ms;
  configure();
  lead(server);
  auto [client, backend] = session(server);
  SECTION("the server does not follow") {
    client.send_fin();
    CHECK(backend.reads_end());
    CHECK(logs("why=server-fin-timeout"));
  }
  SECTION("the client does not follow") {
    backend.send_fin();
    CHECK(client.reads_end());
    CHECK(logs("why=client-fin-timeout"));
  }
  CHECK(has_sessions(0));
}

TEST_CASE_METHOD(PoolFixture, "an idle session is cut only when asked for", "[session]") {
  FakeServer server;
  writes().idle_timeout = 150ms;
  configure();
  publish({{write_port, NodeId{1}, server.address()}, {read_port, NodeId{1}, server.address()}});
  auto [client, backend] = session(server);
  auto [reader, reader_backend] = session(server, read_port);
  for (int i = 0; i < 6; ++i) {
    run_for(50ms);
    client.send("x");
    REQUIRE(backend.reads("x"));
  }
  CHECK(client.reads_end());
  CHECK(logs("why=idle-timeout"));
  CHECK_SOON(status(read_port).sessions == 1);
}

TEST_CASE("an idle session is small", "[session]") {
  // With its entries in the worker's table, in Admission and the CancelRegistry, and its names, below 1.5 kB.
  CHECK(sizeof(Session) <= 640);
}

TEST_CASE_METHOD(PoolFixture, "a listener that was taken out still cuts its sessions on a demoted node",
                 "[session]") {
  FakeServer server;
  configure();
  lead(server);
  auto [client, backend] = session(server);
  config.listeners[0] = listener(ListenerId{3}, "other", Target::leader);
  configure();
  const CutLine line{NodeId{1}, 2, CutCause::demoted, "the test says so"};
  REQUIRE(is_acknowledged(publish({}, {{ListenerId{3}, line}})));
  CHECK(backend.reads_reset());
  CHECK(client.reads_end());
}
