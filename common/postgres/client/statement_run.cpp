#include "common/postgres/client/statement_run.h"

#include <fmt/format.h>
#include <poll.h>

#include <utility>

namespace tamada::postgres {

namespace {

tl::unexpected<Failure> failed(FailureKind kind, Outcome outcome, std::string words) {
  return tl::make_unexpected(
      Failure{kind, Stage::statement, outcome, {}, {error_kind_of(kind), std::move(words)}});
}

bool send(PGconn* connection, const Statement& statement) {
  if (statement.protocol == Protocol::simple) return PQsendQuery(connection, statement.sql.c_str()) != 0;
  std::vector<const char*> values;
  for (const auto& value : statement.values) values.push_back(value ? value->c_str() : nullptr);
  return PQsendQueryParams(connection, statement.sql.c_str(), static_cast<int>(values.size()), nullptr,
                           values.data(), nullptr, nullptr, 0) != 0;
}

// Gathers results until one of them decides.
class Results {
 public:
  explicit Results(std::size_t max_result) : max_result_(max_result) {}

  // False: nothing more is to be read from this connection.
  bool take(const PGresult* result) {
    switch (PQresultStatus(result)) {
      case PGRES_SINGLE_TUPLE:
        return take_row(result);
      case PGRES_TUPLES_OK:
      case PGRES_COMMAND_OK:
      case PGRES_EMPTY_QUERY:
        take_columns(result);
        sets_.back().command =
            PQcmdStatus(const_cast<PGresult*>(result));  // not const in libpq, but reads only
        is_open_ = false;
        return true;
      case PGRES_FATAL_ERROR:
      case PGRES_BAD_RESPONSE:
        take_error(result);
        return true;
      default:
        failure_ = failed(FailureKind::unsupported, Outcome::unknown, "COPY is not supported here").value();
        return false;
    }
  }

  // `is_ready`: the server has said that it is ready for the next statement. Without that a success is none:
  // in the extended protocol a statement is told complete before its transaction is committed.
  Answer answer(bool is_ready, const std::string& words) {
    if (failure_) return tl::make_unexpected(std::move(*failure_));
    if (!is_ready) return failed(FailureKind::lost, Outcome::unknown, words);
    return std::move(sets_);
  }

 private:
  void take_columns(const PGresult* result) {
    if (std::exchange(is_open_, true)) return;
    sets_.emplace_back();
    for (int i = 0; i < PQnfields(result); ++i) sets_.back().columns.emplace_back(PQfname(result, i));
  }

  bool take_row(const PGresult* result) {
    take_columns(result);
    auto& row = sets_.back().rows.emplace_back();
    row.reserve(static_cast<std::size_t>(PQnfields(result)));
    size_ += sizeof(row) + row.capacity() * sizeof(row.front());
    for (int i = 0; i < PQnfields(result); ++i) {
      if (PQgetisnull(result, 0, i) != 0) {
        row.emplace_back(std::nullopt);
        continue;
      }
      row.emplace_back(std::in_place, PQgetvalue(result, 0, i),
                       static_cast<std::size_t>(PQgetlength(result, 0, i)));
      size_ += row.back()->size();
    }
    if (size_ <= max_result_) return true;
    failure_ = failed(FailureKind::too_large, Outcome::unknown,
                      fmt::format("the result takes more than {} bytes", max_result_))
                   .value();
    return false;
  }

  // The first error counts: what follows a FATAL is only that the connection is gone.
  void take_error(const PGresult* result) {
    if (failure_) return;
    ErrorResponse server = error_of(result);
    const bool said = !server.sqlstate.empty();
    const bool ended = !said || ends_session(server);
    std::string words = said ? fmt::format("{} {}: {}", server.severity, server.sqlstate, server.message)
                             : std::string(PQresultErrorMessage(result));
    failure_ = failed(ended ? FailureKind::lost : FailureKind::server_error, outcome_of_error(server),
                      std::move(words))
                   .value();
    failure_->server = std::move(server);
  }

  const std::size_t max_result_;
  std::size_t size_ = 0;
  std::vector<ResultSet> sets_;
  bool is_open_ = false;  // the last set is not complete
  std::optional<Failure> failure_;
};

}  // namespace

Answer run_statement(ConnectionLink& link, PGconn* connection, const Statement& statement,
                     std::size_t max_result) {
  link.set_stage(Stage::statement);
  Results results(max_result);
  if (!send(connection, statement)) return results.answer(false, words_of(connection));
  PQsetSingleRowMode(connection);
  for (;;) {
    // Of 1, 0 and -1 only 1 asks for more; what -1 met, reading will tell.
    const bool is_flushing = PQflush(connection) == 1;
    // A connection that is gone is never waited for: then PQgetResult brings its error, and after that
    // nothing.
    while (PQisBusy(connection) == 0 || PQstatus(connection) != CONNECTION_OK) {
      const PqResult result(PQgetResult(connection));
      if (result == nullptr) {
        return results.answer(PQstatus(connection) == CONNECTION_OK, words_of(connection));
      }
      if (!results.take(result.get())) return results.answer(false, {});
    }
    const auto events = static_cast<short>(is_flushing ? POLLIN | POLLOUT : POLLIN);
    if (wait_for(connection, events, link.wake_fd(), -1) == Woken::told) {
      link.clear_wake();
      if (link.is_ended()) return results.answer(false, "called off");
      continue;
    }
    const bool has_failed = !consume_input(connection);
    if (has_failed && PQstatus(connection) == CONNECTION_OK)
      return results.answer(false, words_of(connection));
  }
}

}  // namespace tamada::postgres
