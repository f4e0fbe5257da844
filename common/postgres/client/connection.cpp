#include "common/postgres/client/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/clean_text.h"
#include "common/loop/clock.h"
#include "common/postgres/client/connection_worker.h"

namespace tamada::postgres {

namespace {

constexpr std::size_t most_values = 65535;  // the protocol counts them in 16 bits
constexpr const char* query_canceled = "57014";

bool has_zero(const std::string& text) {
  return text.find('\0') != std::string::npos;
}

bool is_valid(const Statement& statement) {
  const auto& values = statement.values;
  return !has_zero(statement.sql) && values.size() <= most_values &&
         std::none_of(values.begin(), values.end(),
                      [](const auto& value) { return value && has_zero(*value); });
}

}  // namespace

Connection::Connection(loop::Loop& loop, ConnectionThreads& threads, const ConnectionOptions& options,
                       ConnectionCallbacks& callbacks)
    : loop_(loop),
      threads_(threads),
      callbacks_(callbacks),
      server_(describe(options.parameters)),
      link_(std::make_shared<ConnectionLink>(loop, static_cast<LinkCallbacks&>(*this))),
      connect_deadline_(loop::boot_now() + options.connect_limit),
      timer_(loop, [this] { on_time(); }) {
  if (const std::optional<Failure> failed = begin(options)) {
    defer([this, failed = *failed] { end(failed, false); });
    return;
  }
  arm();
}

Connection::~Connection() {
  link_->drop_owner();
  if (is_running() && !link_->take_back()) send_cancel();
  link_->end();
}

std::optional<Failure> Connection::begin(const ConnectionOptions& options) {
  for (const auto& [key, value] : options.parameters) {
    if (!has_zero(key) && !has_zero(value)) continue;
    return failure(
        FailureKind::invalid, Outcome::not_sent,
        fmt::format("the parameter {} holds a zero byte, which libpq cannot take", clean_text(key)));
  }
  if (!link_->is_open()) {
    return failure(FailureKind::no_resources, Outcome::not_sent, "no descriptor for an eventfd is left");
  }
  Conninfo parameters = options.parameters;
  std::string& encoding = parameters["client_encoding"];
  if (encoding.empty()) encoding = "UTF8";
  auto worker =
      std::make_shared<ConnectionWorker>(link_, std::move(parameters), connect_deadline_, options.max_result);
  const auto started = threads_.start(ConnectionThreads::Use::connection, [worker] { worker->run(); });
  if (started) return {};
  return failure(FailureKind::no_resources, Outcome::not_sent, started.error().message);
}

void Connection::ask(Statement statement, StatementLimits limits, OnAnswer on_answer) {
  const bool valid = is_valid(statement);
  if (state_ == State::closed || !valid) {
    const Failure failed =
        valid ? failure(FailureKind::not_connected, Outcome::not_sent, "the connection is closed")
              : failure(FailureKind::invalid, Outcome::not_sent,
                        "a zero byte in a text, or more than 65535 values");
    defer([on_answer = std::move(on_answer), failed] { on_answer(tl::make_unexpected(failed)); });
    return;
  }
  const TimePoint now = loop::boot_now();
  asked_.push_back({std::move(statement), std::move(on_answer), now + limits.deadline,
                    limits.cancel_after > 0s ? now + limits.cancel_after : TimePoint::max()});
  run_next();
}

void Connection::cancel() {
  if (!is_running()) return;
  asked_.front().cancel = Cancel::by_owner;
  send_cancel();
}

void Connection::defer(std::function<void()> what) {
  loop_.defer([link = link_, what = std::move(what)] {
    if (link->has_owner()) what();
  });
}

void Connection::run_next() {
  if (state_ == State::connected && !is_cancelling_ && !asked_.empty() && !asked_.front().is_running) {
    asked_.front().is_running = true;
    link_->hand_over(std::move(asked_.front().statement));
  }
  arm();
}

void Connection::arm() {
  TimePoint next = state_ == State::connecting ? connect_deadline_ : TimePoint::max();
  for (const Asked& one : asked_) next = std::min(next, one.deadline);
  if (is_running() && asked_.front().cancel == Cancel::none) next = std::min(next, asked_.front().cancel_at);
  if (next == TimePoint::max()) return timer_.stop();
  timer_.start(std::max<Duration>(next - loop::boot_now(), 1ms));
}

void Connection::on_time() {
  const std::shared_ptr<ConnectionLink> link = link_;
  const TimePoint now = loop::boot_now();
  if (state_ == State::connecting && now >= connect_deadline_) {
    return end(failure(FailureKind::timed_out, Outcome::not_sent,
                       fmt::format("no session in the time given ({})", name_of(link_->stage()))),
               false);
  }
  if (is_running() && asked_.front().cancel == Cancel::none && now >= asked_.front().cancel_at) {
    asked_.front().cancel = Cancel::by_limit;
    send_cancel();
  }
  const auto is_over = [now](const Asked& one) { return now >= one.deadline; };
  for (auto over = asked_.begin();
       (over = std::find_if(asked_.begin(), asked_.end(), is_over)) != asked_.end();) {
    if (over->is_running && !link_->take_back()) {
      return end(failure(FailureKind::timed_out, Outcome::unknown, "no answer within the deadline"), true);
    }
    Failure failed =
        failure(FailureKind::timed_out, Outcome::not_sent, "its turn did not come within the deadline");
    if (over == asked_.begin() && is_cancelling_) {
      failed.error.message += ": a cancel request before it hangs";
      return end(failed, true);
    }
    const OnAnswer on_answer = std::move(over->on_answer);
    asked_.erase(over);
    on_answer(tl::make_unexpected(std::move(failed)));
    if (!link->has_owner() || state_ == State::closed) return;
  }
  run_next();
}

void Connection::send_cancel() {
  if (is_cancelling_ || !cancel_) return;
  const auto started = threads_.start(ConnectionThreads::Use::cancel, [link = link_, cancel = cancel_] {
    cancel();
    link->tell([](LinkCallbacks& owner) { owner.on_cancel_returned(); });
  });
  is_cancelling_ = started.has_value();
}

void Connection::on_session(const Session& session, const CancelFunction& cancel) {
  if (state_ != State::connecting) return;
  const std::shared_ptr<ConnectionLink> link = link_;
  state_ = State::connected;
  session_ = session;
  cancel_ = cancel;
  callbacks_.on_connected(session_);
  if (link->has_owner()) run_next();
}

void Connection::on_server_notice(const ErrorResponse& notice) {
  if (state_ != State::closed) callbacks_.on_notice(notice);
}

void Connection::on_answer(Answer answer, const std::map<std::string, std::string>& parameters,
                           const std::optional<Failure>& ended) {
  if (state_ != State::connected || !is_running()) return;  // its time was over
  const std::shared_ptr<ConnectionLink> link = link_;
  const Asked asked = std::move(asked_.front());
  asked_.pop_front();
  session_.parameters = parameters;
  if (!answer) {
    Failure& failed = answer.error();
    if (failed.server.sqlstate == query_canceled && asked.cancel != Cancel::none) {
      failed.kind = asked.cancel == Cancel::by_owner ? FailureKind::cancelled : FailureKind::timed_out;
      failed.error.kind = error_kind_of(failed.kind);
    }
    failed = named(std::move(failed));
  }
  if (ended) state_ = State::closed;
  asked.on_answer(std::move(answer));
  if (!link->has_owner()) return;
  if (ended) return end(named(*ended), false);
  run_next();
}

void Connection::on_end(const Failure& failure) {
  if (state_ == State::closed) return;
  // The thread is gone: what was handed over it has not taken.
  if (is_running() && link_->take_back()) asked_.front().is_running = false;
  end(named(failure), false);
}

void Connection::on_cancel_returned() {
  is_cancelling_ = false;
  if (state_ == State::connected) run_next();
}

// `is_first_ones`: the first statement is answered with it; the others, that the connection is closed.
void Connection::end(const Failure& failure, bool is_first_ones) {
  const std::shared_ptr<ConnectionLink> link = link_;
  const bool was_connecting = std::exchange(state_, State::closed) == State::connecting;
  timer_.stop();
  if (is_running()) send_cancel();
  link->end();
  Failure others = failure;
  others.outcome = Outcome::not_sent;
  if (!was_connecting) {
    others.kind = FailureKind::not_connected;
    others.error.kind = error_kind_of(others.kind);
  }
  const std::deque<Asked> asked = std::exchange(asked_, {});
  for (const Asked& one : asked) {
    one.on_answer(tl::make_unexpected(is_first_ones ? failure : others));
    is_first_ones = false;
    if (!link->has_owner()) return;
  }
  callbacks_.on_closed(failure);
}

Failure Connection::failure(FailureKind kind, Outcome outcome, const std::string& words) const {
  return named({kind, link_->stage(), outcome, {}, {error_kind_of(kind), words}});
}

Failure Connection::named(Failure failure) const {
  const char* what = failure.stage == Stage::statement ? "a statement on"
                     : failure.stage == Stage::session ? "the session with"
                                                       : "connect to";
  failure.error.message =
      fmt::format("{} PostgreSQL ({}): {}", what, server_, clean_text(failure.error.message));
  return failure;
}

}  // namespace tamada::postgres
