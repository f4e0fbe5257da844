#include "router/poll/postgres_search.h"

#include <algorithm>
#include <utility>

#include "common/loop/clock.h"
#include "router/poll/poll_answers.h"

namespace tamada::router {

PostgresSearch::PostgresSearch(loop::Loop& loop, Question question, Callback callback)
    : loop_(loop),
      question_(std::move(question)),
      over_at_(loop::boot_now() + question_.deadline),
      callback_(std::move(callback)) {
  try_next();
}

void PostgresSearch::try_next() {
  request_.reset();
  const Address address = question_.places[at_].address;
  probe_ = std::make_unique<PostgresProbe>(loop_, address, share_of_time(),
                                           [this](const Result<void>& answered) { on_probed(answered); });
}

Duration PostgresSearch::share_of_time() const {
  const auto left = static_cast<std::int64_t>(question_.places.size() - at_);
  return std::max<Duration>((over_at_ - loop::boot_now()) / left, 1ms);
}

void PostgresSearch::on_probed(const Result<void>& answered) {
  const PostgresPlace& place = question_.places[at_];
  if (answered && place.vouched) return done({place.address, std::nullopt});
  if (answered) return vouch();
  if (!why_) why_ = answered.error();
  if (++at_ == question_.places.size()) return done({{}, why_});
  try_next();
}

void PostgresSearch::vouch() {
  http::Target target = question_.api;
  target.address = question_.places[at_].address.with_port(question_.api_port);
  http::Request request;
  request.path = path_of(AskKind::master);
  http::ClientOptions options;
  options.deadline = share_of_time();
  request_ = std::make_unique<http::ClientRequest>(
      loop_, target, request, options,
      [this](const http::Outcome<http::Response>& answer) { on_api(answer); });
}

void PostgresSearch::on_api(const http::Outcome<http::Response>& answer) {
  const std::string shown = answer ? server_shown(answer->body) : std::string();
  if (!shown.empty() && shown == question_.server) return done({question_.places[at_].address, std::nullopt});
  if (++at_ == question_.places.size()) return done({{}, why_});
  try_next();
}

void PostgresSearch::done(const Outcome& outcome) {
  const Outcome told = outcome;
  const Callback callback = std::exchange(callback_, nullptr);
  callback(told);  // `this` may be gone now
}

}  // namespace tamada::router
