#include "common/http/client_request.h"

#include <fmt/format.h>

#include <utility>

namespace tamada::http {

ClientRequest::ClientRequest(loop::Loop& loop, const Target& target, const Request& request,
                             const ClientOptions& options, Callback callback)
    : callback_(std::move(callback)), deadline_(loop, [this, limit = options.deadline] {
        on_done(
            fail(ErrorKind::timeout, fmt::format("{}: no whole answer within {} ms ({})", exchange_->words(),
                                                 to_ms(limit), words_of(exchange_->phase()))));
      }) {
  const bool own_limit = options.connect_timeout > 0s && options.connect_timeout < options.deadline;
  exchange_.emplace(loop, target, request, options.limits, false,
                    own_limit ? options.connect_timeout : options.deadline,
                    static_cast<ExchangeListener&>(*this));
  deadline_.start(options.deadline);
}

ClientRequest::~ClientRequest() = default;

void ClientRequest::on_done(Result<Response> result) {
  deadline_.stop();
  phase_ = exchange_->phase();
  exchange_.reset();
  // The callback may destroy this object, and itself with it.
  const Callback callback = std::exchange(callback_, {});
  callback(std::move(result));
}

}  // namespace tamada::http
