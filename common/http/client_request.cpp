#include "common/http/client_request.h"

#include <fmt/format.h>

#include <utility>

namespace tamada::http {

ClientRequest::ClientRequest(loop::Loop& loop, const Target& target, const Request& request,
                             const ClientOptions& options, Callback callback)
    : callback_(std::move(callback)), deadline_(loop, [this, limit = options.deadline] {
        const Stage stage = exchange_->stage();
        on_done(tl::make_unexpected(
            Failure{{ErrorKind::timeout, fmt::format("{}: no whole answer within {} ms ({})",
                                                     exchange_->words(), to_ms(limit), words_of(stage))},
                    stage}));
      }) {
  const bool own_limit = options.connect_timeout > 0s && options.connect_timeout < options.deadline;
  exchange_.emplace(loop, target, request, options.limits, false,
                    own_limit ? options.connect_timeout : options.deadline,
                    static_cast<ExchangeCallbacks&>(*this));
  deadline_.start(options.deadline);
}

ClientRequest::~ClientRequest() = default;

void ClientRequest::on_done(Outcome<Response> outcome) {
  deadline_.stop();
  exchange_.reset();
  // The callback may destroy this object, and itself with it.
  const Callback callback = std::exchange(callback_, {});
  callback(std::move(outcome));
}

}  // namespace tamada::http
