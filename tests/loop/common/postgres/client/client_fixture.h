// What the tests of Connection share: a loop, threads for libpq, and a connection that keeps what it is told.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/postgres/client/connection.h"
#include "tests/loop/common/postgres/client/postgres_process.h"
#include "tests/support/loop_fixture.h"

namespace tamada::postgres {

using Values = std::vector<std::optional<std::string>>;

struct ClientLog final : ConnectionCallbacks {
  void on_connected(const Session& session) override {
    CHECK(sessions.empty());
    CHECK(closed.empty());
    sessions.push_back(session);
  }
  void on_notice(const ErrorResponse& notice) override { notices.push_back(notice); }
  void on_closed(const Failure& failure) override {
    CHECK(closed.empty());
    closed.push_back(failure);
  }

  std::vector<Session> sessions;
  std::vector<ErrorResponse> notices;
  std::vector<Failure> closed;
};

// A connection with its log, and with answers by the order in which they were asked for.
struct Client {
  Client(loop::Loop& loop, ConnectionThreads& threads, const ConnectionOptions& options)
      : connection(std::make_unique<Connection>(loop, threads, options, log)) {}

  // The number of the answer in `answers`.
  std::size_t ask(Statement statement, StatementLimits limits = {30s, 0s}) {
    const std::size_t number = answers.size();
    answers.emplace_back();
    connection->ask(std::move(statement), limits, [this, number](Answer answer) {
      CHECK_FALSE(answers.at(number));  // once
      answers.at(number) = std::move(answer);
      order.push_back(number);
    });
    CHECK_FALSE(answers.at(number));  // not from inside the call
    return number;
  }
  [[nodiscard]] const Failure& failure(std::size_t number) const { return answers.at(number)->error(); }

  ClientLog log;
  std::vector<std::optional<Answer>> answers;
  std::vector<std::size_t> order;
  std::unique_ptr<Connection> connection;
};

struct ClientFixture : loop::LoopFixture {
  // Whatever a test did, every thread comes back.
  ~ClientFixture() {
    CHECK(run_until([this] { return alive() == 0; }, 30s));
  }

  [[nodiscard]] std::size_t alive() const {
    return threads.alive(ConnectionThreads::Use::connection) + threads.alive(ConnectionThreads::Use::cancel);
  }
  [[nodiscard]] std::unique_ptr<Client> client(Conninfo parameters, Duration connect_limit = 30s) {
    return std::make_unique<Client>(loop, threads, ConnectionOptions{std::move(parameters), connect_limit});
  }
  // One that has its session.
  [[nodiscard]] std::unique_ptr<Client> connected(const Conninfo& parameters) {
    auto one = client(parameters);
    until([&] { return one->connection->is_connected() || one->connection->is_closed(); });
    if (!one->log.closed.empty()) INFO(one->log.closed.front().error.message);
    REQUIRE(one->connection->is_connected());
    return one;
  }
  // Why no session comes about.
  [[nodiscard]] Failure refusal(const Conninfo& parameters, Duration connect_limit = 30s) {
    const auto one = client(parameters, connect_limit);
    until([&] { return !one->log.closed.empty(); });
    CHECK(one->log.sessions.empty());
    return one->log.closed.front();
  }
  Answer ask(Client& one, Statement statement, StatementLimits limits = {30s, 0s}) {
    const std::size_t number = one.ask(std::move(statement), limits);
    until([&] { return one.answers.at(number).has_value(); });
    return *one.answers.at(number);
  }
  // The one cell of a result.
  std::optional<std::string> cell(Client& one, Statement statement) {
    const Answer answer = ask(one, std::move(statement));
    if (!answer) FAIL(answer.error().error.message);
    REQUIRE(answer->size() == 1);
    REQUIRE(answer->front().rows.size() == 1);
    REQUIRE(answer->front().rows.front().size() == 1);
    return answer->front().rows.front().front();
  }
  // Until the backend runs a statement that holds `text` (or none any more), as another session sees it.
  void until_runs(Client& observer, const std::string& text, const std::string& count = "1") {
    until([&] {
      return cell(observer, {"SELECT count(*) FROM pg_stat_activity WHERE state = 'active' "
                             "AND pid <> pg_backend_pid() AND query LIKE '%' || $1 || '%'",
                             {text}}) == count;
    });
  }
  void until(const std::function<bool()>& condition) { REQUIRE(run_until(condition, 30s)); }

  ConnectionThreads threads;
};

}  // namespace tamada::postgres
