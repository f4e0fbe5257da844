#include "common/http/exchange.h"

#include <fmt/format.h>

#include <cassert>
#include <utility>

#include "common/loop/clock.h"

namespace tamada::http {
namespace {

// For the last bytes and the peer's FIN; the loop does it alone.
constexpr Duration linger_timeout = 2s;

}  // namespace

Exchange::Exchange(loop::Loop& loop, const Target& target, const Request& request,
                   const MessageLimits& limits, bool streaming, Duration connect_timeout,
                   ExchangeCallbacks& callbacks)
    : channel_(loop, *this),
      callbacks_(callbacks),
      parser_(limits, {.to_head = request.method == "HEAD", .streaming = streaming}),
      streaming_(streaming),
      words_(fmt::format("{} {} from {}", request.method, request.path, target.words())),
      request_bytes_(request_bytes(request, target.authority, false)) {
  std::unique_ptr<TlsSession> session;
  if (target.tls != nullptr) {
    certificate_setting_ = target.tls->certificate_setting();
    auto made = target.tls->new_session(target.host);
    if (!made) {
      early_failure_.emplace(loop, [this, why = made.error()] { done(tl::make_unexpected(why)); });
      early_failure_->start(0s);
      return;
    }
    session = std::move(*made);
  }
  channel_.connect(target.address, connect_timeout, std::move(session));
}

Exchange::~Exchange() {
  channel_.finish(linger_timeout);
}

Stage Exchange::stage() const {
  if (early_failure_) return Stage::preparing;
  if (!begun_sending_) return channel_.is_handshaking() ? Stage::tls_handshake : Stage::connecting;
  if (parser_.head_complete()) return Stage::body;
  if (parser_.begun()) return Stage::head;
  return all_sent_ ? Stage::waiting : Stage::sending;
}

void Exchange::on_connected(Result<void> result) {
  if (!result) return done(tl::make_unexpected(result.error()));
  begun_sending_ = true;
  sent_at_ = loop::boot_now();
  channel_.write(std::exchange(request_bytes_, {}));
  all_sent_ = channel_.queued() == 0;
  channel_.read_start();
}

void Exchange::on_drained() {
  all_sent_ = true;
}

void Exchange::on_bytes(std::span<const std::byte> bytes) {
  (void)parser_.feed(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  deliver();
}

void Exchange::on_end() {
  parser_.finish();
  deliver();
}

void Exchange::on_closed(const Error& why) {
  done(fail(why.kind, fmt::format("{} ({})", why.message, words_of(stage()))));
}

void Exchange::deliver() {
  const loop::Lifetime::Watch watch(lifetime_);
  if (streaming_ && parser_.head_complete() && parser_.progress() != Progress::failed) {
    if (!head_told_) {
      head_told_ = true;
      Response head = parser_.take();
      head.sent_at = sent_at_;
      callbacks_.on_head(head);
      if (watch.is_over()) return;
    }
    const std::string body = parser_.take_body();
    if (!body.empty()) {
      callbacks_.on_body(body);
      if (watch.is_over()) return;
    }
  }
  switch (parser_.progress()) {
    case Progress::need_more:
      return;
    case Progress::failed:
      return done(tl::make_unexpected(parser_.error()));
    case Progress::complete:
      break;
  }
  Response response = streaming_ ? Response{} : parser_.take();
  response.sent_at = sent_at_;
  done(std::move(response));
}

void Exchange::done(Result<Response> result) {
  channel_.finish(linger_timeout);
  if (!result) {
    std::string why = fmt::format("{}: {}", words_, result.error().message);
    // With TLS 1.3 our handshake is over before the server has looked at what we showed.
    if (channel_.lacks_certificate() && !parser_.begun()) {
      why += fmt::format("; it may want a client certificate ({})", certificate_setting_);
    }
    result = fail(result.error().kind, std::move(why));
  }
  if (result) return callbacks_.on_done(*std::move(result));
  callbacks_.on_done(tl::make_unexpected(Failure{std::move(result.error()), stage()}));
}

}  // namespace tamada::http
