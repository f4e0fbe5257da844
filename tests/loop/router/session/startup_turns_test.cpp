// Whose turn it is while a session starts: what a client owes costs nobody else anything, and has an end.
#include <catch2/catch.hpp>

#include "router/session/session.h"
#include "tests/loop/router/session/pool_fixture.h"

using namespace tamada;
using namespace tamada::router;

namespace {

const std::string asks_password = pg_message('R', std::string("\0\0\0\3", 4));
const std::string password = pg_message('p', std::string("secret\0", 7));
const std::string ssl_request = postgres::build_ssl_request();

// Session starts of which one client after the other comes as far as `server` lets it, and says no more.
struct Turns : PoolFixture {
  FakeServer server;
  std::vector<std::pair<Peer, Peer>> silent;

  // The client has read the request for its password.
  void asked_for_password() {
    Peer client = start();
    Peer backend = server.accept();
    REQUIRE(backend.reads(startup_packet));
    backend.send(asks_password);
    REQUIRE(client.reads(asks_password));
    silent.emplace_back(std::move(client), std::move(backend));
  }
  // The client has read `answer` to its SSLRequest.
  void answered_encryption(const std::string& answer) {
    Peer client = connect();
    client.send(ssl_request);
    Peer backend = server.accept();
    REQUIRE(backend.reads(ssl_request));
    backend.send(answer);
    REQUIRE(client.reads(answer));
    silent.emplace_back(std::move(client), std::move(backend));
  }
};

}  // namespace

TEST_CASE_METHOD(Turns, "clients that owe an answer keep nobody from a server", "[session]") {
  // Their password; their StartupMessage, after N; their ClientHello, after S.
  const std::string asked = GENERATE(std::string("password"), std::string("N"), std::string("S"));
  writes().policy.max_starting = 2;
  configure();
  lead(server);
  for (int i = 0; i < 5; ++i) {
    if (asked == "password") {
      asked_for_password();
    } else {
      answered_encryption(asked);
    }
  }
  auto [client, backend] = session(server);
  CHECK(run_until([&] { return status().starting == 0; }));
  CHECK(status().queued == 0);
}

TEST_CASE_METHOD(Turns, "who answers counts among those that start at once, and newcomers wait for room",
                 "[session]") {
  writes().policy.max_starting = 1;
  configure();
  lead(server);
  asked_for_password();
  asked_for_password();
  REQUIRE(run_until([&] { return status().starting == 0; }));
  for (auto& [client, backend] : silent) {
    client.send(password);
    REQUIRE(backend.reads(password));
  }
  CHECK(run_until([&] { return status().starting == 2; }));
  Peer newcomer = start();
  REQUIRE(has_waiting(1));
  silent[0].second.send(auth_ok + ready);
  REQUIRE(silent[0].first.reads(auth_ok + ready));
  CHECK(run_until([&] { return status().starting == 1; }));
  CHECK_SOON(status().queued == 1);
  silent[1].second.send(auth_ok + ready);
  CHECK(server.accept().reads(startup_packet));
}

TEST_CASE_METHOD(Turns, "a client that owes an answer is ended after startup_timeout, and counted",
                 "[session]") {
  writes().startup_timeout = 500ms;
  configure();
  lead(server);
  SECTION("its password: it is told") {
    asked_for_password();
    CHECK(silent[0].first.read_to_end().find("57014") != std::string::npos);
  }
  SECTION("its StartupMessage, after N") {
    answered_encryption("N");
    CHECK(silent[0].first.reads_end());
  }
  SECTION("its ClientHello, after S") {
    answered_encryption("S");
    CHECK(silent[0].first.reads_end());
  }
  CHECK(silent[0].second.reads_reset());
  CHECK(logs("why=startup-timeout"));
  CHECK_SOON(status().totals.bad_starts == 1);
  CHECK(has_sessions(0));
}

TEST_CASE_METHOD(Turns, "bytes one at a time do not buy a client more time", "[session]") {
  writes().startup_timeout = 300ms;
  configure();
  lead(server);
  Peer client;
  std::string bytes;
  SECTION("of its first packet") {
    client = connect();
    bytes = postgres::build_startup_message({3, 0, {{"user", std::string(9000, 'u')}}});
  }
  SECTION("of its password") {
    asked_for_password();
    client = std::move(silent[0].first);
    bytes = pg_message('p', std::string(9000, 'p'));
  }
  std::size_t sent = 0;
  REQUIRE(run_until([&] {
    if (sent < bytes.size() - 1) client.send(bytes.substr(sent++, 1));
    return loop::is_readable(client.fd(), 1);
  }));
  CHECK(logs("why=startup-timeout"));
}

TEST_CASE_METHOD(Turns, "time that the server takes, or the hold, is not the client's", "[session]") {
  writes().startup_timeout = 1500ms;
  configure();
  Peer client = start();
  REQUIRE(has_waiting(1));
  run_for(1700ms);
  lead(server);
  Peer backend = server.accept();
  REQUIRE(backend.reads(startup_packet));
  run_for(1700ms);
  backend.send(asks_password);
  REQUIRE(client.reads(asks_password));
  client.send(password);
  REQUIRE(backend.reads(password));
  backend.send(auth_ok + ready);
  CHECK(client.reads(auth_ok + ready));
}

TEST_CASE_METHOD(Turns, "behind TLS a session whose handshake is through is not timed any more",
                 "[session]") {
  writes().startup_timeout = 2s;
  configure();
  lead(server);
  answered_encryption("S");
  auto& [client, backend] = silent[0];
  for (const char* words : {"hello", "finished, and a StartupMessage"}) {
    client.send(words);
    REQUIRE(backend.reads(words));
    backend.send("an answer");
    REQUIRE(client.reads("an answer"));
  }
  run_for(2500ms);
  client.send("a query");
  CHECK(backend.reads("a query"));
  CHECK(status().totals.bad_starts == 0);
}

namespace {

// Sessions behind TLS whose handshake is through, and which have read so long an answer since.
struct BehindTls : Turns {
  void handshake_through(std::size_t last_answer) {
    answered_encryption("S");
    auto& [client, backend] = silent.back();
    for (const std::string& answer : {std::string("server hello"), std::string(last_answer, 'a')}) {
      client.send("words");
      REQUIRE(backend.reads("words"));
      backend.send(answer);
      REQUIRE(client.reads(answer));
    }
  }
  // As short as a request for a password, and as long as what a client is told that is let in.
  static constexpr std::size_t asked_for_more = 100;
  static constexpr std::size_t let_in = 350;
};

}  // namespace

TEST_CASE_METHOD(BehindTls, "behind TLS those that say nothing to a short answer make room", "[session]") {
  SECTION("of the listener") {
    writes().policy.max_connections = 3;
  }
  SECTION("of the node") {
    writes().policy.node_max_connections = 3;
  }
  SECTION("of the router") {
    config.max_connections = 3;
  }
  configure();
  lead(server);
  handshake_through(let_in);
  for (int i = 0; i < 2; ++i) handshake_through(asked_for_more);
  auto [client, backend] = session(server);
  CHECK(logs("why=made-room"));
  silent[0].first.send("a query");
  CHECK(silent[0].second.reads("a query"));
}

TEST_CASE_METHOD(BehindTls,
                 "behind TLS those that say nothing more count as starting until the answer was a long one",
                 "[session]") {
  writes().max_starting_per_address = 2;
  configure();
  lead(server);
  SECTION("a short one") {
    for (int i = 0; i < 2; ++i) handshake_through(asked_for_more);
    run_for(Session::tls_starting + 200ms);
    CHECK(start().read_to_end().find("that are starting (2)") != std::string::npos);
  }
  SECTION("a long one") {
    for (int i = 0; i < 2; ++i) handshake_through(let_in);
    CHECK(run_until([&] {
      const Peer client = start();
      return server.accept(200).is_open();
    }));
  }
}

TEST_CASE_METHOD(Turns, "behind TLS a session past the guess is timed while its handshake is not through",
                 "[session]") {
  writes().startup_timeout = 1500ms;
  configure();
  lead(server);
  answered_encryption("S");
  auto& [client, backend] = silent[0];
  client.send("hello");
  REQUIRE(backend.reads("hello"));
  CHECK(run_until([&] { return status().starting == 1; }));
  SECTION("the client does not go on") {
    backend.send("server hello");
    REQUIRE(client.reads("server hello"));
  }
  SECTION("the server does not answer, or the client's record is none") {}
  CHECK(client.reads_end());
  CHECK(logs("why=startup-timeout"));
}

TEST_CASE_METHOD(Turns, "who breaks off in its first packet is counted, who says nothing is not",
                 "[session]") {
  configure();
  connect().close();
  REQUIRE(logs("why=nothing-sent"));
  Peer client = connect();
  client.send(startup_packet.substr(0, 5));
  client.close();
  REQUIRE(logs("phase=first-packet why=closed"));
  CHECK(run_until([&] { return status().totals.bad_starts == 1; }));
}

TEST_CASE_METHOD(Turns, "when every client slot is taken, those that owe something make room", "[session]") {
  config.max_connections = 4;
  configure();
  lead(server);
  auto [running, running_backend] = session(server);
  std::vector<Peer> nothing_said;
  for (int i = 0; i < 30; ++i) nothing_said.push_back(connect());
  auto [client, backend] = session(server);
  CHECK(logs("why=made-room"));
  CHECK_SOON(status().totals.bad_starts > 0);
  running.send("untouched");
  CHECK(running_backend.reads("untouched"));
  client.send("let in");
  CHECK(backend.reads("let in"));
}
