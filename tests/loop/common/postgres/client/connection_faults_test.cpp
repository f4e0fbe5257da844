// Servers that are stopped, killed and started again.
#include "tests/loop/common/postgres/client/fake_server.h"

using namespace tamada;
using namespace tamada::postgres;
using namespace std::string_literals;

TEST_CASE_METHOD(ClientFixture, "the server's word on why a session ended comes with its end, at once",
                 "[postgres_client]") {
  PostgresProcess server;
  const auto idle = connected(server.by_socket());
  const auto busy = connected(server.by_socket());
  const auto admin = connected(server.by_socket());
  const std::size_t asked = busy->ask({"SELECT pg_sleep(1000), 'dozing'"});
  until_runs(*admin, "dozing");
  CHECK(ask(*admin, {"SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                     "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"}));
  for (const auto* one : {&idle, &busy}) {
    until([&] { return !(*one)->log.closed.empty(); });
    const Failure& failure = (*one)->log.closed.front();
    CHECK(failure.kind == FailureKind::lost);
    CHECK(failure.server.sqlstate == "57P01");
    CHECK(failure.error.kind == ErrorKind::reset);
  }
  CHECK(idle->log.closed.front().outcome == Outcome::not_sent);
  CHECK(busy->failure(asked).kind == FailureKind::lost);
  CHECK(busy->failure(asked).outcome == Outcome::unknown);
  CHECK(busy->failure(asked).server.sqlstate == "57P01");
}

TEST_CASE_METHOD(ClientFixture, "a killed backend loses its statement, and the others their sessions",
                 "[postgres_client]") {
  // A backend that does not come to its farewell within five seconds is killed by the postmaster, and says nothing: on a
  // busy machine that happens, so it may be tried again.
  std::string told;
  for (int round = 0; round < 5 && told.empty(); ++round) {
    PostgresProcess server;
    const auto idle = connected(server.by_socket());
    const auto busy = connected(server.by_socket());
    const std::size_t asked = busy->ask({"SELECT pg_sleep(1000), 'dozing'"});
    until_runs(*idle, "dozing");
    ::kill(busy->connection->session().backend_pid, SIGKILL);
    until([&] { return !busy->log.closed.empty() && !idle->log.closed.empty(); });
    CHECK(busy->failure(asked).kind == FailureKind::lost);
    CHECK(busy->failure(asked).outcome == Outcome::unknown);
    CHECK(busy->failure(asked).server == ErrorResponse{});
    CHECK(idle->log.closed.front().kind == FailureKind::lost);
    told = idle->log.closed.front().server.sqlstate;
    // A warning of the end is told with the end, not as a notice.
    CHECK(idle->log.notices.empty());
  }
  CHECK(told == "57P02");
}

TEST_CASE_METHOD(ClientFixture,
                 "a killed postmaster ends every session; after its restart there are new ones",
                 "[postgres_client]") {
  PostgresProcess server;
  const auto idle = connected(server.by_socket());
  const auto busy = connected(server.by_socket());
  const std::size_t asked = busy->ask({"SELECT pg_sleep(1000), 'dozing'"});
  until_runs(*idle, "dozing");
  server.end(SIGKILL);
  until([&] { return !busy->log.closed.empty() && !idle->log.closed.empty(); });
  CHECK(busy->failure(asked).kind == FailureKind::lost);
  CHECK(busy->failure(asked).outcome == Outcome::unknown);
  CHECK(idle->log.closed.front().kind == FailureKind::lost);
  CHECK(idle->log.closed.front().outcome == Outcome::not_sent);
  // The file of the socket is still there, but nobody listens.
  CHECK(refusal(server.by_socket()).kind == FailureKind::refused);
  server.start();
  CHECK(cell(*connected(server.by_socket()), {"SELECT 1"}) == "1");
  // What has ended stays so.
  const Answer later = ask(*idle, {"SELECT 1"});
  REQUIRE_FALSE(later);
  CHECK(later.error().kind == FailureKind::not_connected);
}

TEST_CASE_METHOD(ClientFixture, "a fast shutdown tells its sessions, and a restart lets new ones in",
                 "[postgres_client]") {
  PostgresProcess server;
  const auto one = connected(server.by_socket());
  server.end(SIGINT);
  until([&] { return !one->log.closed.empty(); });
  CHECK(one->log.closed.front().kind == FailureKind::lost);
  CHECK(one->log.closed.front().server.sqlstate == "57P01");
  server.start();
  CHECK(cell(*connected(server.by_socket()), {"SELECT 1"}) == "1");
}

TEST_CASE_METHOD(ClientFixture, "a stopped backend costs the deadline, and leaves no thread behind",
                 "[postgres_client]") {
  PostgresProcess server;
  const auto one = connected(server.by_socket());
  server.stop_process(one->connection->session().backend_pid);
  const TimePoint begun = loop::boot_now();
  // Short, or more than the way to the server holds.
  const std::size_t size = GENERATE(std::size_t{1}, std::size_t{30'000'000});
  const Answer answer = ask(*one, {"SELECT $1", {std::string(size, 'x')}}, {1s, 300ms});
  CHECK(loop::boot_now() - begun >= 1s);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind == FailureKind::timed_out);
  CHECK(answer.error().outcome == Outcome::unknown);
  CHECK(one->connection->is_closed());
  until([&] { return alive() == 0; });
}

TEST_CASE_METHOD(ClientFixture,
                 "a stopped postmaster: no session, the old ones go on, a cancel request hangs",
                 "[postgres_client]") {
  PostgresProcess server;
  const auto old = connected(server.by_socket());
  server.stop_process(server.pid());
  Failure failure = refusal(server.by_socket(), 2s);
  CHECK(failure.kind == FailureKind::timed_out);
  CHECK(failure.stage == Stage::login);
  failure = refusal(server.by_tcp("postgres", ""), 300ms);
  CHECK(failure.kind == FailureKind::timed_out);
  until([&] { return alive() == 1; });
  CHECK(cell(*old, {"SELECT 1"}) == "1");

  // The statement is faster than the request, which hangs; nothing may be sent that it could hit.
  const std::size_t first = old->ask({"SELECT 1"});
  const std::size_t second = old->ask({"SELECT 2"}, {3s, 0s});
  old->connection->cancel();
  until([&] { return old->answers.at(second).has_value(); });
  CHECK(old->answers.at(first)->has_value());
  CHECK(old->failure(second).kind == FailureKind::timed_out);
  CHECK(old->failure(second).outcome == Outcome::not_sent);
  CHECK(old->connection->is_closed());
  CHECK(threads.alive(ConnectionThreads::Use::cancel) == 1);

  server.continue_process(server.pid());
  until([&] { return alive() == 0; });
  CHECK(cell(*connected(server.by_socket()), {"SELECT 1"}) == "1");
}

TEST_CASE_METHOD(ClientFixture, "a result that was cut off before the server was ready is no result",
                 "[postgres_client]") {
  FakeServer server(*this);
  const auto one = client(server.parameters());
  server.accept();
  server.let_in();
  const std::size_t asked = one->ask({"COMMIT", {}, Protocol::simple});
  server.wait_for_bytes(12);
  CHECK(one->connection->session().server_version == 150000);
  // Complete, but for ReadyForQuery; cut in a message; what is no message at all.
  server.send(
      GENERATE("C\0\0\0\x0b"
               "COMMIT\0"s,
               "C\0\0\0\x0b"
               "COM"s,
               "no PostgreSQL"s));
  server.hang_up();
  until([&] { return one->answers.at(asked).has_value() && !one->log.closed.empty(); });
  REQUIRE_FALSE(*one->answers.at(asked));
  CHECK(one->failure(asked).kind == FailureKind::lost);
  CHECK(one->failure(asked).outcome == Outcome::unknown);
  CHECK(one->failure(asked).server == ErrorResponse{});
}

TEST_CASE_METHOD(ClientFixture, "bytes that nobody asked for do not become an answer", "[postgres_client]") {
  FakeServer server(*this);
  const auto one = client(server.parameters());
  server.accept();
  server.let_in();
  until([&] { return one->connection->is_connected(); });
  server.send(
      "C\0\0\0\x0b"
      "COMMIT\0Z\0\0\0\x05I"s);
  const std::size_t asked = one->ask({"COMMIT", {}, Protocol::simple}, {1s, 0s});
  until([&] { return one->answers.at(asked).has_value(); });
  CHECK_FALSE(*one->answers.at(asked));
}
