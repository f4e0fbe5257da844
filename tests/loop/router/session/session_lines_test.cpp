// The lines that sessions write into the log, and those that nobody wants.
#include <catch2/catch.hpp>

#include "tests/loop/router/session/pool_fixture.h"

using namespace tamada;
using namespace tamada::router;

namespace {

struct Lines : PoolFixture {
  FakeServer server;

  void begin(SessionLines lines, bool starts = false) {
    config.log.level = "debug";
    config.log.sessions = lines;
    config.log.session_starts = starts;
    log.configure(config.log);
    configure();
    lead(server);
  }
  // One session that ends in order, then one that its server tears down.
  void a_good_and_a_bad_one() {
    {
      auto [client, backend] = session(server);
      client.close();
      REQUIRE(backend.reads_end());
      backend.close();
      REQUIRE(has_sessions(0));
    }
    auto [client, backend] = session(server);
    backend.close_with_reset();
    REQUIRE(client.reads_reset());
    REQUIRE(has_sessions(0));
    // Something that comes after the sessions' lines, so that a missing one is known to be missing.
    log.write(LogLevel::info, "test.over", {});
    REQUIRE(logs("test.over"));
  }
  // The line with this word, from its level on; empty: there is none.
  std::string line_with(const std::string& word) {
    const std::string text = log_text();
    const std::size_t at = text.find(word);
    if (at == std::string::npos) return {};
    const std::size_t begin = text.rfind('\n', at) + 1;
    const std::size_t level = text.find(' ', begin) + 1;
    return text.substr(level, text.find('\n', at) - level);
  }
};

}  // namespace

TEST_CASE_METHOD(Lines, "sessions that end badly are warnings, others are not", "[session_log]") {
  begin(SessionLines::all);
  a_good_and_a_bad_one();
  CHECK(line_with("ended_by=client").starts_with("info  session.end"));
  CHECK(line_with("ended_by=server").starts_with("warn  session.end"));
}

TEST_CASE_METHOD(Lines, "an end by the server is bad unless the client had said goodbye", "[session_log]") {
  begin(SessionLines::all);
  auto [client, backend] = session(server);
  const bool goodbye = GENERATE(true, false);
  if (goodbye) {
    client.send(pg_message('X', ""));
    REQUIRE(backend.reads(pg_message('X', "")));
  }
  backend.close();
  REQUIRE(client.reads_end());
  client.close();
  REQUIRE(logs("session.end"));
  CHECK(line_with("ended_by=server phase=closing why=closed").starts_with(goodbye ? "info" : "warn"));
}

TEST_CASE_METHOD(Lines, "the good sessions, or all, may be left out", "[session_log]") {
  const SessionLines lines = GENERATE(SessionLines::failures, SessionLines::none);
  begin(lines);
  a_good_and_a_bad_one();
  CHECK(line_with("ended_by=client").empty());
  CHECK(line_with("ended_by=server").empty() == (lines == SessionLines::none));
}

TEST_CASE_METHOD(Lines, "a session can be found while it runs by the port that its server sees",
                 "[session_log]") {
  begin(SessionLines::none, true);
  auto [client, backend] = session(server);
  REQUIRE(logs("session.start"));
  const std::string line = line_with("session.start");
  CHECK(line.starts_with("info  session.start"));
  CHECK(line.find("listener=write node=node-1") != std::string::npos);
  CHECK(line.find("user=alice database=shop") != std::string::npos);
  const std::uint16_t port = loop::socket_peer(backend.fd().get()).port();
  CHECK(line.find("server_side_port=" + std::to_string(port) + " ") != std::string::npos);
}

TEST_CASE_METHOD(Lines, "a session that its server has refused has not started", "[session_log]") {
  begin(SessionLines::all, true);
  Peer client = start();
  Peer backend = server.accept();
  REQUIRE(backend.reads(startup_packet));
  backend.send(postgres::build_fatal("28P01", "password authentication failed"));
  backend.close();
  (void)client.read_to_end();
  client.close();
  REQUIRE(logs("session.end"));
  CHECK(log_text().find("session.start") == std::string::npos);
}
