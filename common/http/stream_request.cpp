#include "common/http/stream_request.h"

#include <fmt/format.h>

#include <utility>

namespace tamada::http {

StreamRequest::StreamRequest(loop::Loop& loop, const Target& target, const Request& request,
                             const StreamOptions& options, Callbacks& callbacks)
    : callbacks_(callbacks),
      head_timeout_(options.head_timeout),
      idle_timeout_(options.idle_timeout),
      timer_(loop, [this] { on_timeout(); }) {
  exchange_.emplace(loop, target, request, options.limits, true, options.head_timeout,
                    static_cast<ExchangeCallbacks&>(*this));
  timer_.start(head_timeout_);
}

StreamRequest::~StreamRequest() = default;

void StreamRequest::on_timeout() {
  const Stage stage = exchange_->stage();
  const std::string why = head_seen_
                              ? fmt::format("{}: silent for {} ms", exchange_->words(), to_ms(idle_timeout_))
                              : fmt::format("{}: no answer within {} ms ({})", exchange_->words(),
                                            to_ms(head_timeout_), words_of(stage));
  on_done(tl::make_unexpected(Failure{{ErrorKind::timeout, why}, stage}));
}

void StreamRequest::set_idle_timeout(Duration limit) {
  idle_timeout_ = limit;
  if (head_seen_) start_idle_timer();
}

void StreamRequest::start_idle_timer() {
  if (idle_timeout_ > 0s && !paused_ && exchange_) {
    timer_.start(idle_timeout_);
  } else {
    timer_.stop();
  }
}

void StreamRequest::pause() {
  if (!head_seen_ || !exchange_) return;
  paused_ = true;
  exchange_->pause();
  start_idle_timer();
}

void StreamRequest::resume() {
  if (!paused_ || !exchange_) return;
  paused_ = false;
  exchange_->resume();
  start_idle_timer();
}

void StreamRequest::on_head(const Response& head) {
  head_seen_ = true;
  start_idle_timer();
  callbacks_.on_stream_head(head);
}

void StreamRequest::on_body(std::string_view bytes) {
  start_idle_timer();
  callbacks_.on_stream_bytes(bytes);
}

void StreamRequest::on_done(Outcome<Response> outcome) {
  timer_.stop();
  exchange_.reset();
  if (!outcome) return callbacks_.on_stream_end(tl::make_unexpected(std::move(outcome.error())));
  callbacks_.on_stream_end({});
}

}  // namespace tamada::http
