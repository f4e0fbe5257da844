#include "common/postgres/client/connection_attempt.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "common/loop/clock.h"
#include "common/postgres/client/startup_text.h"

namespace tamada::postgres {

namespace {

Failure failure(FailureKind kind, Stage stage, std::string words) {
  return {kind, stage, Outcome::not_sent, {}, {error_kind_of(kind), std::move(words)}};
}

// The link was ended: nobody is there to be told.
tl::unexpected<Failure> called_off(Stage stage) {
  return tl::make_unexpected(failure(FailureKind::not_connected, stage, "called off"));
}

// What PQconnectPoll is at. libpq promises neither that each of these is seen nor their order.
Stage stage_of(ConnStatusType status) {
  switch (status) {
    case CONNECTION_NEEDED:
      return Stage::start;
    case CONNECTION_STARTED:
    case CONNECTION_MADE:
      return Stage::connect;
    case CONNECTION_SSL_STARTUP:
    case CONNECTION_GSS_STARTUP:
      return Stage::encryption;
    case CONNECTION_CHECK_WRITABLE:
    case CONNECTION_CHECK_TARGET:
    case CONNECTION_CHECK_STANDBY:
    case CONNECTION_CONSUME:
    case CONNECTION_OK:
      return Stage::session;
    default:
      return Stage::login;
  }
}

Failure failure_of(const PGconn* connection, Stage stage) {
  ErrorResponse server = read_startup_text(PQerrorMessage(connection));
  FailureKind kind = kind_of_startup_error(server.sqlstate);
  if (server.sqlstate.empty()) {
    if (is_refusal(PQerrorMessage(connection))) kind = FailureKind::refused;
    if (PQconnectionNeedsPassword(connection) != 0) kind = FailureKind::authentication;
    // libpq puts a user in place once it has understood the parameters' names.
    if (PQuser(connection) == nullptr) kind = FailureKind::invalid;
    // The session was there, so it was not the one that was wanted.
    if (PQparameterStatus(connection, "server_version") != nullptr) stage = Stage::session;
  }
  Failure result = failure(kind, stage, words_of(connection));
  result.server = std::move(server);
  return result;
}

PqConnection start(const Conninfo& parameters) {
  std::vector<const char*> keys;
  std::vector<const char*> values;
  for (const auto& [key, value] : parameters) {
    keys.push_back(key.c_str());
    values.push_back(value.c_str());
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  return PqConnection(PQconnectStartParams(keys.data(), values.data(), 0));
}

// `limit`: of this host; none: until the link is ended.
tl::expected<PqConnection, Failure> attempt(ConnectionLink& link, const Conninfo& parameters,
                                            std::optional<TimePoint> limit, const NoticeTaker& notices) {
  if (link.is_ended()) return called_off(Stage::start);
  link.set_stage(Stage::start);
  PqConnection connection = start(parameters);
  if (connection == nullptr) {
    return tl::make_unexpected(failure(FailureKind::no_resources, Stage::start, "no memory for libpq"));
  }
  PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
  PQsetNoticeReceiver(connection.get(), notices.take, notices.argument);
  Stage stage = Stage::start;
  PostgresPollingStatusType wanted = PGRES_POLLING_WRITING;
  while (PQstatus(connection.get()) != CONNECTION_BAD && wanted != PGRES_POLLING_FAILED) {
    stage = stage_of(PQstatus(connection.get()));
    link.set_stage(stage);
    if (wanted == PGRES_POLLING_OK) return connection;
    int left_ms = -1;
    if (limit) {
      const Duration left = *limit - loop::boot_now();
      if (left <= 0s) {
        return tl::make_unexpected(failure(FailureKind::timed_out, stage,
                                           fmt::format("{}: no session in this host's share of the time ({})",
                                                       describe(parameters), name_of(stage))));
      }
      left_ms = static_cast<int>(to_ms(left)) + 1;
    }
    const short events = wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    const Woken woken = wait_for(connection.get(), events, link.wake_fd(), left_ms);
    if (woken == Woken::told) {
      link.clear_wake();
      if (!link.is_ended()) continue;
      return called_off(stage);
    }
    if (woken == Woken::socket) wanted = PQconnectPoll(connection.get());
  }
  return tl::make_unexpected(failure_of(connection.get(), stage));
}

bool may_try_next(const Failure& failure) {
  return failure.kind == FailureKind::timed_out || failure.kind == FailureKind::refused ||
         failure.server.sqlstate == cannot_connect_now ||
         (failure.kind == FailureKind::unreachable &&
          (failure.stage <= Stage::connect || failure.stage == Stage::session));
}

}  // namespace

tl::expected<PqConnection, Failure> connect(ConnectionLink& link, const Conninfo& parameters,
                                            TimePoint deadline, const NoticeTaker& notices) {
  const std::vector<Conninfo> attempts = attempts_of(parameters);
  std::string words;
  for (std::size_t i = 0;; ++i) {
    const bool is_last = i + 1 == attempts.size();
    const TimePoint now = loop::boot_now();
    std::optional<TimePoint> limit;
    if (!is_last) limit = now + (deadline - now) / static_cast<long>(attempts.size() - i);
    auto connection = attempt(link, attempts[i], limit, notices);
    if (connection) return connection;
    Failure failure = std::move(connection.error());
    words += (words.empty() ? "" : "; ") + failure.error.message;
    if (is_last || link.is_ended() || !may_try_next(failure)) {
      failure.error.message = std::move(words);
      return tl::make_unexpected(std::move(failure));
    }
  }
}

}  // namespace tamada::postgres
