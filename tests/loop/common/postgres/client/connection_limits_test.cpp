// Deadlines, cancelling, and how many threads there may be.
#include "tests/loop/common/postgres/client/client_fixture.h"

using namespace tamada;
using namespace tamada::postgres;

TEST_CASE_METHOD(ClientFixture, "a statement past its deadline is answered, and the server gives it up",
                 "[postgres_client]") {
  PostgresProcess server;
  const auto one = connected(server.by_socket());
  const auto observer = connected(server.by_socket());
  const std::size_t asked = one->ask({"SELECT pg_sleep(1000), 'dozing'"}, {4s, 0s});
  const std::size_t waiting = one->ask({"SELECT 1"});
  until_runs(*observer, "dozing");
  until([&] { return one->answers.at(waiting).has_value(); });
  CHECK(one->failure(asked).kind == FailureKind::timed_out);
  CHECK(one->failure(asked).outcome == Outcome::unknown);
  CHECK(one->failure(asked).stage == Stage::statement);
  CHECK(one->failure(waiting).kind == FailureKind::not_connected);
  CHECK(one->failure(waiting).outcome == Outcome::not_sent);
  REQUIRE(one->log.closed.size() == 1);
  CHECK(one->log.closed.front().kind == FailureKind::timed_out);
  until_runs(*observer, "dozing", "0");
}

TEST_CASE_METHOD(ClientFixture,
                 "after cancel_after the server gives the statement up, and the session goes on",
                 "[postgres_client]") {
  PostgresProcess server;
  const auto one = connected(server.by_socket());
  const std::size_t asked = one->ask({"SELECT pg_sleep(1000)"}, {30s, 300ms});
  CHECK(cell(*one, {"SELECT 1"}) == "1");
  const Failure& failure = one->failure(asked);
  CHECK(failure.kind == FailureKind::timed_out);
  CHECK(failure.outcome == Outcome::answered);
  CHECK(failure.server.sqlstate == "57014");
  CHECK(failure.error.kind == ErrorKind::timeout);
  CHECK(one->log.closed.empty());
}

TEST_CASE_METHOD(ClientFixture, "a running statement can be cancelled, and only that one",
                 "[postgres_client]") {
  PostgresProcess server;
  const auto one = connected(server.by_socket());
  const auto observer = connected(server.by_socket());
  one->connection->cancel();  // nothing runs
  CHECK(cell(*one, {"SELECT 1"}) == "1");

  const std::size_t asked = one->ask({"SELECT pg_sleep(1000), 'dozing'"});
  std::vector<std::size_t> others;
  for (int i = 0; i < 10; ++i) others.push_back(one->ask({"SELECT pg_sleep(0.01)"}));
  until_runs(*observer, "dozing");
  one->connection->cancel();
  one->connection->cancel();
  until([&] { return one->answers.at(others.back()).has_value(); });
  CHECK(one->failure(asked).kind == FailureKind::cancelled);
  CHECK(one->failure(asked).outcome == Outcome::answered);
  CHECK(one->failure(asked).server.sqlstate == "57014");
  for (const std::size_t other : others) CHECK(one->answers.at(other)->has_value());
  // The server's own limit is not ours.
  CHECK(ask(*one, {"SET statement_timeout = 20"}));
  const Answer limited = ask(*one, {"SELECT pg_sleep(1000)"});
  REQUIRE_FALSE(limited);
  CHECK(limited.error().kind == FailureKind::server_error);
  CHECK(limited.error().server.sqlstate == "57014");
}

TEST_CASE_METHOD(ClientFixture, "what waits for its turn past its deadline is answered and never sent",
                 "[postgres_client]") {
  PostgresProcess server;
  const auto one = connected(server.by_socket());
  const std::size_t first = one->ask({"SELECT pg_sleep(1)"});
  const std::size_t second = one->ask({"CREATE TABLE never (n int)"}, {50ms, 0s});
  const std::size_t third = one->ask({"SELECT to_regclass('never') IS NULL"});
  until([&] { return one->answers.at(third).has_value(); });
  CHECK(one->order == std::vector<std::size_t>{second, first, third});
  CHECK(one->failure(second).kind == FailureKind::timed_out);
  CHECK(one->failure(second).outcome == Outcome::not_sent);
  CHECK(one->answers.at(first)->has_value());
  CHECK(one->answers.at(third)->value().at(0).rows.at(0).at(0) == "t");
}

TEST_CASE_METHOD(ClientFixture, "destruction while a statement runs ends it on the server",
                 "[postgres_client]") {
  PostgresProcess server;
  const auto one = connected(server.by_socket());
  const auto observer = connected(server.by_socket());
  const std::size_t asked = one->ask({"SELECT pg_sleep(1000), 'dozing'"});
  until_runs(*observer, "dozing");
  one->connection.reset();
  until_runs(*observer, "dozing", "0");
  CHECK_FALSE(one->answers.at(asked));
  CHECK(one->log.closed.empty());
}

TEST_CASE_METHOD(ClientFixture, "no more connections than threads, and again when one has come back",
                 "[postgres_client]") {
  PostgresProcess server;
  ConnectionThreads few({1, 1});
  const ConnectionOptions options{server.by_socket(), 30s};
  auto first = std::make_unique<Client>(loop, few, options);
  until([&] { return first->connection->is_connected(); });
  Client second(loop, few, options);
  const std::size_t asked = second.ask({"SELECT 1"});
  CHECK(second.log.closed.empty());  // not from inside the constructor
  until([&] { return !second.log.closed.empty(); });
  CHECK(second.log.closed.front().kind == FailureKind::no_resources);
  CHECK(second.failure(asked).kind == FailureKind::no_resources);
  CHECK(second.failure(asked).outcome == Outcome::not_sent);

  first.reset();
  until([&] { return few.alive(ConnectionThreads::Use::connection) == 0; });
  Client third(loop, few, options);
  until([&] { return third.connection->is_connected(); });
}
