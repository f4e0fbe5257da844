// What a crowd of strangers writes into the log: little; and what everybody else writes: every line.
#include <string_view>

#include "tests/loop/router/session/pool_fixture.h"

namespace tamada::router {
namespace {

constexpr int crowd = 300;
// A slow machine may need several windows for a crowd; without joining there would be `crowd` lines.
constexpr std::size_t few = crowd / 3;

std::size_t lines_with(const std::string& text, std::string_view words) {
  std::size_t count = 0;
  for (std::size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++count;
  return count;
}

TEST_CASE_METHOD(PoolFixture, "junk of strangers is counted in full, and written now and then",
                 "[crowd_log]") {
  configure();
  for (int i = 0; i < crowd; ++i) {
    Peer client = connect();
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    (void)client.read_to_end();
  }
  CHECK(run_until([&] { return status().totals.bad_starts == crowd; }));
  CHECK(logs("why=bad-start"));
  CHECK(lines_with(log_text(), "why=bad-start") < few);
  CHECK(run_until(
      [&] { return lines_with(log_text(), "log.joined of=session.end about=bad-start more=") > 0; }, 60s));
}

TEST_CASE_METHOD(PoolFixture, "so it is with those whom a server does not let in", "[crowd_log]") {
  FakeServer server;
  configure();
  (void)lead(server);
  const std::string refused =
      postgres::build_fatal("28P01", "password authentication failed for user \"alice\"");
  for (int i = 0; i < crowd; ++i) {
    Peer client = start();
    Peer backend = server.accept();
    REQUIRE(backend.reads(startup_packet));
    backend.send(refused);
    backend.close();
    (void)client.read_to_end();
  }
  CHECK(logs(" session.end "));
  CHECK(has_sessions(0));
  CHECK(lines_with(log_text(), " session.end ") < few);
}

TEST_CASE_METHOD(PoolFixture, "and with cancel requests of nobody", "[crowd_log]") {
  FakeServer server;
  configure();
  (void)lead(server);
  for (int i = 0; i < crowd; ++i) {
    Peer client = connect();
    client.send(postgres::build_cancel_request({static_cast<std::uint32_t>(i), "none"}));
    Peer backend = server.accept();
    REQUIRE(backend.is_open());
    backend.close();
    (void)client.read_to_end();
  }
  CHECK(run_until([&] { return status().totals.cancels == crowd; }));
  CHECK(logs("cancel.end"));
  CHECK(lines_with(log_text(), " cancel.end ") < few);
}

TEST_CASE_METHOD(PoolFixture, "sessions that were let in have a line each", "[crowd_log]") {
  FakeServer server;
  configure();
  (void)lead(server);
  constexpr std::size_t sessions = 30;
  for (std::size_t i = 0; i < sessions; ++i) {
    auto [client, backend] = session(server);
    client.close();
    (void)backend.read_to_end();
  }
  CHECK(run_until([&] { return lines_with(log_text(), " session.end ") == sessions; }));
  CHECK(lines_with(log_text(), "log.joined") == 0);
}

}  // namespace
}  // namespace tamada::router
