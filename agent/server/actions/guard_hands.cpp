#include "agent/server/actions/guard_hands.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <utility>

#include "common/loop/clock.h"

namespace tamada::agent {

namespace {

using guard::GuardAnswer;
using guard::GuardClient;
using guard::GuardFailure;
using guard::GuardStatus;

// The guard answers at once, a start when the child is there. More is a guard, or a loop, that stands still.
constexpr Duration answer_limit = 10s;

ErrorKind kind_of(GuardFailure::Kind kind) {
  return kind == GuardFailure::Kind::too_large ? ErrorKind::too_large : ErrorKind::unavailable;
}

// Written by the loop's thread, read by the one that waits; the State's mutex guards it.
struct Asked {
  std::optional<Result<GuardAnswer>> answer;
};

Error gone() {
  return {ErrorKind::closed, "the agent is ending"};
}

}  // namespace

class GuardHands::Shared::State {
 public:
  explicit State(loop::LoopPoster given) : poster(std::move(given)) {}

  using Call = std::function<void(GuardClient& client, GuardClient::Then then)>;

  // Posts the call, and waits for its answer.
  static Result<GuardAnswer> ask(const std::shared_ptr<State>& self, Call call, const std::stop_token& stop);
  void take(const std::optional<GuardStatus>& given);
  void miss(const GuardStatus& last);
  void end();

  loop::LoopPoster poster;
  GuardClient* client = nullptr;  // of the loop's thread alone; null: the GuardHands are gone

  mutable std::mutex mutex;  // guards what follows, and each Asked
  std::condition_variable_any changed;
  std::optional<GuardStatus> status;
  std::optional<GuardStatus> before_missing;
  bool is_over = false;
};

Result<GuardAnswer> GuardHands::Shared::State::ask(const std::shared_ptr<State>& self, Call call,
                                                   const std::stop_token& stop) {
  const auto asked = std::make_shared<Asked>();
  const auto answer = [self, asked](Result<GuardAnswer> given) {
    const std::lock_guard lock(self->mutex);
    asked->answer = std::move(given);
    self->changed.notify_all();
  };
  self->poster.post([self, answer, call = std::move(call)] {
    if (self->client == nullptr) return answer(tl::make_unexpected(gone()));
    call(*self->client, [self, answer](const GuardClient::Answered& given) {
      if (!given) return answer(fail(kind_of(given.error().kind), given.error().words));
      // Whoever has the answer is to see what it did in the status, too.
      if (self->client != nullptr) self->take(self->client->status());
      answer(*given);
    });
  });
  std::unique_lock lock(self->mutex);
  const bool is_there = self->changed.wait_for(lock, stop, answer_limit,
                                               [&] { return asked->answer.has_value() || self->is_over; });
  if (asked->answer) return *std::move(asked->answer);
  if (is_there) return tl::make_unexpected(gone());
  if (stop.stop_requested()) return fail(ErrorKind::closed, "the action was cancelled");
  return fail(ErrorKind::timeout,
              fmt::format("the guard has not answered within {} s", to_ms(answer_limit) / 1000));
}

void GuardHands::Shared::State::take(const std::optional<GuardStatus>& given) {
  const std::lock_guard lock(mutex);
  status = given;
  if (given) before_missing.reset();
  changed.notify_all();
}

void GuardHands::Shared::State::miss(const GuardStatus& last) {
  const std::lock_guard lock(mutex);
  status.reset();
  before_missing = last;
  changed.notify_all();
}

void GuardHands::Shared::State::end() {
  client = nullptr;
  const std::lock_guard lock(mutex);
  is_over = true;
  changed.notify_all();
}

GuardHands::GuardHands(loop::Loop& loop, GuardClient& client)
    : shared_(std::make_shared<Shared>(loop.poster())) {
  shared_->state_->client = &client;
  if (client.is_ready()) shared_->state_->status = client.status();
}

GuardHands::~GuardHands() {
  shared_->state_->end();
}

void GuardHands::on_status(const std::optional<GuardStatus>& status) {
  shared_->state_->take(status);
}

void GuardHands::on_missing(const GuardStatus& last) {
  shared_->state_->miss(last);
}

GuardHands::Shared::Shared(loop::LoopPoster poster) : state_(std::make_shared<State>(std::move(poster))) {}

Result<GuardAnswer> GuardHands::Shared::start(guard::GuardLaunch launch,
                                              const std::optional<guard::LockEpoch>& needs_lock,
                                              const std::stop_token& stop) {
  // A std::function is copied, and a descriptor is not.
  const auto held = std::make_shared<guard::GuardLaunch>(std::move(launch));
  return State::ask(
      state_,
      [held, needs_lock](GuardClient& client, GuardClient::Then then) {
        client.start(std::move(*held), needs_lock, std::move(then));
      },
      stop);
}

Result<GuardAnswer> GuardHands::Shared::signal(pid_t pid, int number, const std::stop_token& stop) {
  return State::ask(
      state_,
      [pid, number](GuardClient& client, GuardClient::Then then) {
        client.signal(pid, number, std::move(then));
      },
      stop);
}

Result<GuardAnswer> GuardHands::Shared::sweep(const std::stop_token& stop) {
  return State::ask(
      state_, [](GuardClient& client, GuardClient::Then then) { client.sweep(std::move(then)); }, stop);
}

Result<GuardAnswer> GuardHands::Shared::promote(const guard::LockEpoch& epoch, TimePoint lease_end,
                                                bool unarmed, const std::stop_token& stop) {
  return State::ask(
      state_,
      [epoch, lease_end, unarmed](GuardClient& client, GuardClient::Then then) {
        client.promote(epoch, lease_end, unarmed, std::move(then));
      },
      stop);
}

Result<GuardAnswer> GuardHands::Shared::call_off_promotion(const std::stop_token& stop) {
  return State::ask(
      state_, [](GuardClient& client, GuardClient::Then then) { client.call_off_promotion(std::move(then)); },
      stop);
}

std::optional<GuardStatus> GuardHands::Shared::told_before_missing() const {
  const std::lock_guard lock(state_->mutex);
  return state_->before_missing;
}

std::optional<GuardStatus> GuardHands::Shared::status() const {
  const std::lock_guard lock(state_->mutex);
  return state_->status;
}

Result<GuardStatus> GuardHands::Shared::wait_until(const std::function<bool(const GuardStatus&)>& is_so,
                                                   Duration limit, const std::stop_token& stop) {
  std::unique_lock lock(state_->mutex);
  const auto is_settled = [&] { return state_->is_over || !state_->status || is_so(*state_->status); };
  const bool is_there = state_->changed.wait_for(lock, stop, limit, is_settled);
  if (state_->is_over) return tl::make_unexpected(gone());
  if (!is_there && stop.stop_requested()) return fail(ErrorKind::closed, "the action was cancelled");
  if (!state_->status) return fail(ErrorKind::unavailable, "the agent has no guard at the moment");
  if (is_there) return *state_->status;
  return fail(ErrorKind::timeout, fmt::format("the guard has not said so within {} ms", to_ms(limit)));
}

}  // namespace tamada::agent
