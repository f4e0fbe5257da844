#include "agent/server/watch/server_question.h"

#include <algorithm>
#include <utility>

#include "agent/server/watch/disk_look.h"
#include "agent/server/watch/sql_meaning.h"
#include "common/loop/clock.h"

namespace tamada::agent {

namespace {

constexpr Duration retry_pause = 250ms;
constexpr Duration file_patience = 1s;
// Longer than a healthy disk takes; what it came to, the next look sees.
constexpr Duration flush_patience = 1s;

// A commit that waits for this server's disk and for nobody else's.
constexpr const char* flush_statement =
    "BEGIN READ WRITE; SET LOCAL synchronous_commit = local;"
    " SELECT pg_catalog.pg_logical_emit_message(true, 'tamada', ''); COMMIT";

// One that still connects is no row of pg_stat_wal_receiver.
constexpr const char* receiver_statement =
    "SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE backend_type = 'walreceiver'";

bool says_none(const postgres::Answer& answer) {
  if (!answer || answer->size() != 1 || answer->front().rows.size() != 1) return false;
  const auto& row = answer->front().rows.front();
  return row.size() == 1 && row.front() == "0";
}

}  // namespace

ServerQuestion::ServerQuestion(loop::Loop& loop, postgres::ConnectionThreads& threads, SqlPlan plan,
                               Then then)
    : loop_(loop),
      threads_(threads),
      plan_(std::move(plan)),
      then_(std::move(then)),
      deadline_(loop::boot_now() + plan_.budget),
      retry_(loop, [this] { connect(); }),
      file_limit_(loop, [this] { finish(); }) {
  connect();
}

Duration ServerQuestion::left() const {
  return std::max(deadline_ - loop::boot_now(), Duration(1ms));
}

void ServerQuestion::connect() {
  postgres::ConnectionOptions options;
  options.parameters = plan_.conninfo;
  options.connect_limit = left();
  connection_ = std::make_unique<postgres::Connection>(loop_, threads_, options, *this);
}

void ServerQuestion::on_connected(const postgres::Session& session) {
  connection_->ask(server_query({.major = session.server_version / 10000}), {.deadline = left()},
                   [this](const postgres::Answer& answer) { on_status(answer); });
}

void ServerQuestion::on_closed(const postgres::Failure& failure) {
  failed(failure);
}

void ServerQuestion::on_status(const postgres::Answer& answer) {
  if (!answer) return failed(answer.error());
  auto status = parse_server_status(answer);
  if (!status) {
    // It answered, but what it said cannot be read.
    postgres::Failure failure;
    failure.kind = postgres::FailureKind::unsupported;
    failure.stage = postgres::Stage::statement;
    failure.outcome = postgres::Outcome::answered;
    failure.error = std::move(status.error());
    return failed(failure);
  }
  seen_.answered = loop::boot_now();
  seen_.status = std::move(*status);
  const ServerStatus& told = *seen_.status;
  if (told.in_recovery && !told.receiver && told.primary_conninfo.empty()) return ask_for_receiver();
  const bool is_unflushed = told.inserted && told.flushed && *told.inserted > *told.flushed;
  if (!told.in_recovery && is_unflushed && told.flushed == plan_.flushed_at) return ask_for_flush();
  finish();
}

void ServerQuestion::ask_for_receiver() {
  connection_->ask({receiver_statement}, {.deadline = left()}, [this](const postgres::Answer& answer) {
    seen_.has_no_receiver_process = says_none(answer);
    finish();
  });
}

void ServerQuestion::ask_for_flush() {
  seen_.probed_at = plan_.flushed_at;
  connection_->ask({flush_statement, {}, postgres::Protocol::simple}, {.deadline = flush_patience},
                   [this](const postgres::Answer& /*answer*/) { finish(); });
}

void ServerQuestion::failed(const postgres::Failure& failure) {
  seen_.answered = loop::boot_now();
  seen_.failure = failure;
  connection_.reset();  // `failure` may have been its own
  switch (meaning_of(*seen_.failure)) {
    case SqlMeaning::silent:
      if (left() > retry_pause) return retry_.start(retry_pause);
      return look_at_file();
    case SqlMeaning::not_now:
    case SqlMeaning::nobody_listens:
      return look_at_file();
    case SqlMeaning::refuses:
    case SqlMeaning::not_tried:
      return finish();
  }
}

void ServerQuestion::look_at_file() {
  file_limit_.start(file_patience);
  file_ = std::make_unique<loop::BlockingTask>(
      loop_, "postmaster-pid",
      [data_dir = plan_.data_dir](const std::stop_token& /*stop*/) { return postmaster_status_in(data_dir); },
      [this](Result<std::optional<PostmasterStatus>> status) {
        seen_.is_file_read = status.has_value();
        if (status) seen_.file_status = *status;
        finish();
      },
      0s);
}

void ServerQuestion::finish() {
  connection_.reset();
  retry_.stop();
  file_limit_.stop();
  if (seen_.status) seen_.failure.reset();
  // It may destroy this.
  const Then then = std::exchange(then_, nullptr);
  if (then) then(std::move(seen_));
}

}  // namespace tamada::agent
