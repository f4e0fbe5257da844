// Who closes first at a session's end: the server, when the client has said goodbye.
#include <catch2/catch.hpp>

#include <cstdio>
#include <fstream>

#include "tests/loop/router/session/pool_fixture.h"

using namespace tamada;
using namespace tamada::router;

namespace {

const std::string terminate("X\0\0\0\4", 5);

// Connections to `server` whose port is kept for a minute because this side closed first. (tcp(5) calls the
// columns local and remote address and state; 06 is TIME_WAIT.)
int time_waits_to(const Address& server) {
  std::ifstream table("/proc/net/tcp");
  int count = 0;
  for (std::string line; std::getline(table, line);) {
    unsigned remote_port = 0;
    unsigned state = 0;
    const bool is_row = std::sscanf(line.c_str(), " %*u: %*x:%*x %*x:%x %x", &remote_port, &state) == 2;
    if (is_row && remote_port == server.port() && state == 6) ++count;
  }
  return count;
}

}  // namespace

TEST_CASE_METHOD(PoolFixture, "after a client's goodbye the server closes first", "[session]") {
  const std::string query = GENERATE(std::string(), std::string("query"));
  // What the server says when its client is gone, and nobody takes any more.
  const std::string last_words = GENERATE(std::string(), std::string("close_notify"));
  FakeServer server;
  configure();
  lead(server);
  for (int i = 0; i < 20; ++i) {
    auto [client, backend] = session(server);
    client.send(query + terminate);
    client.close();
    REQUIRE(backend.reads(query + terminate));
    if (!last_words.empty()) {
      backend.send(last_words);
      REQUIRE(backend.is_quiet());
    }
    backend.close();
    REQUIRE(has_sessions(0));
  }
  CHECK(time_waits_to(server.address()) == 0);
  CHECK(log_text().find("ended_by=client phase=closing why=closed") != std::string::npos);
  CHECK(log_text().find("ended_by=server") == std::string::npos);
}

TEST_CASE_METHOD(PoolFixture,
                 "a client that goes without a word has its end passed on, and waits for nothing",
                 "[session]") {
  FakeServer server;
  writes().fin_timeout = 60s;
  configure();
  lead(server);
  auto [client, backend] = session(server);
  client.send("half a transaction");
  client.close();
  CHECK(backend.reads("half a transaction"));
  CHECK(backend.reads_end());
  backend.close();
  CHECK(run_until([&] { return time_waits_to(server.address()) == 1; }));  // the count can see one
}

TEST_CASE_METHOD(PoolFixture,
                 "a server that does not close after a goodbye has the end passed on all the same",
                 "[session]") {
  FakeServer server;
  configure();
  lead(server);
  SECTION("in plain text") {
    auto [client, backend] = session(server);
    client.send(terminate);
    SECTION("the client has ended its half") {
      client.send_fin();
      CHECK(backend.reads(terminate));
      CHECK(backend.reads_end());
      backend.send("and goes on");
      CHECK(client.reads("and goes on"));
      backend.close();
      CHECK(client.reads_end());
    }
    SECTION("the client is gone, and refuses the server's words") {
      client.close();
      CHECK(backend.reads(terminate));
      backend.send("words for nobody");
      CHECK(backend.reads_end());
      CHECK(has_sessions(0));
    }
  }
  SECTION("under TLS, where nobody can see whether it was one") {
    Peer client = connect();
    client.send(postgres::build_ssl_request());
    Peer backend = server.accept();
    REQUIRE(backend.reads(postgres::build_ssl_request()));
    backend.send("S");
    REQUIRE(client.reads("S"));
    client.send("a record");
    client.send_fin();
    CHECK(backend.reads("a record"));
    CHECK(backend.reads_end());
  }
}
