#include "common/postgres/client/connection_worker.h"

#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <utility>

#include "common/postgres/client/connection_attempt.h"
#include "common/postgres/client/statement_run.h"

namespace tamada::postgres {

namespace {

// PQcancel reads this object only, so any thread may call it, also while another uses the connection.
CancelFunction cancel_of(PGconn* connection) {
  const std::shared_ptr<PGcancel> cancel(PQgetCancel(connection), PqDeleter());
  if (cancel == nullptr) return {};
  return [cancel] {
    std::array<char, 256> words{};  // the size that the manual recommends
    PQcancel(cancel.get(), words.data(), static_cast<int>(words.size()));
  };
}

// Class 57P: the server ends sessions. 57P02 (another session crashed) comes as a warning.
bool is_last_notice(const ErrorResponse& notice) {
  return ends_session(notice) || notice.sqlstate.rfind("57P", 0) == 0;
}

}  // namespace

ConnectionWorker::ConnectionWorker(std::shared_ptr<ConnectionLink> link, Conninfo parameters,
                                   TimePoint deadline, std::size_t max_result)
    : link_(std::move(link)),
      parameters_(std::move(parameters)),
      deadline_(deadline),
      max_result_(max_result) {}

void ConnectionWorker::take_notice(void* worker, const PGresult* notice) {
  auto& self = *static_cast<ConnectionWorker*>(worker);
  ErrorResponse error = error_of(notice);
  if (is_last_notice(error)) {
    self.last_notice_ = std::move(error);
    return;
  }
  if (++self.notices_ > most_notices) return;
  self.link_->tell([error = std::move(error)](LinkCallbacks& owner) { owner.on_server_notice(error); });
}

void ConnectionWorker::run() {
  auto connection = connect(*link_, parameters_, deadline_, {&ConnectionWorker::take_notice, this});
  if (!connection) {
    link_->tell([failure = std::move(connection.error())](LinkCallbacks& owner) { owner.on_end(failure); });
    return;
  }
  PGconn* session = connection->get();
  PQsetnonblocking(session, 1);
  link_->set_stage(Stage::session);
  link_->tell([session = session_of(session), cancel = cancel_of(session)](LinkCallbacks& owner) {
    owner.on_session(session, cancel);
  });
  serve(session);
}

void ConnectionWorker::serve(PGconn* connection) {
  for (;;) {
    const Woken woken = wait_for(connection, POLLIN, link_->wake_fd(), -1);
    if (woken == Woken::told) link_->clear_wake();
    if (link_->is_ended()) return;
    // What has arrived unasked is read before a statement is sent: a notice, a changed parameter, or the end,
    // and then the statement was never sent. PQisBusy takes it apart.
    const bool has_failed = !consume_input(connection);
    static_cast<void>(PQisBusy(connection));
    if (!has_failed && PQstatus(connection) == CONNECTION_OK) {
      if (woken == Woken::told && !run_next(connection)) return;
      continue;
    }
    link_->tell([failure = end_of(connection)](LinkCallbacks& owner) { owner.on_end(failure); });
    return;
  }
}

// False: the session is over, or of no more use.
bool ConnectionWorker::run_next(PGconn* connection) {
  const std::optional<Statement> statement = link_->take_statement();
  if (!statement) return true;
  notices_ = 0;
  Answer answer = run_statement(*link_, connection, *statement, max_result_);
  notices_ = 0;
  link_->set_stage(Stage::session);
  if (!answer && answer.error().server.sqlstate.empty() && last_notice_)
    answer.error().server = *last_notice_;
  const bool is_ended = PQstatus(connection) != CONNECTION_OK;
  std::optional<Failure> end;
  if (!answer && answer.error().kind != FailureKind::server_error) {
    end = answer.error();
  } else if (is_ended) {
    end = end_of(connection);
  }
  const bool goes_on = !end;
  link_->tell([answer = std::move(answer), parameters = reported_parameters(connection),
               end = std::move(end)](LinkCallbacks& owner) mutable {
    owner.on_answer(std::move(answer), parameters, end);
  });
  return goes_on;
}

Failure ConnectionWorker::end_of(const PGconn* connection) const {
  Failure failure{FailureKind::lost, Stage::session, Outcome::not_sent, {}, {ErrorKind::reset, {}}};
  failure.error.message = words_of(connection);
  if (last_notice_) {
    failure.server = *last_notice_;
    failure.error.message =
        fmt::format("{} {}: {}", last_notice_->severity, last_notice_->sqlstate, last_notice_->message);
  }
  return failure;
}

}  // namespace tamada::postgres
