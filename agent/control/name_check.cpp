#include "agent/control/name_check.h"

#include <utility>

namespace tamada::agent {
namespace {

constexpr Duration patience = 3s;

// A certificate that cannot be checked is an answer all the same.
http::TlsClientOptions trusting() {
  http::TlsClientOptions options;
  options.verify = false;
  return options;
}

}  // namespace

NameCheck::NameCheck(loop::Loop& loop, loop::Resolver& resolver, const std::string& api_url,
                     std::function<void(bool)> then)
    : loop_(loop), then_(std::move(then)), tls_(trusting()) {
  const auto url = http::Url::parse(api_url);
  lookup_ = resolver.resolve(url ? url->host : std::string("0.0.0.0"),
                             [this, is_url = url.has_value()](loop::Resolver::Answer answer) {
                               if (!is_url || !answer) return std::exchange(then_, {})(false);
                               ask(answer->front());
                             });
  if (url) url_ = *url;
}

void NameCheck::ask(const Address& address) {
  const http::Target target = http::Target::of(url_, address, &tls_);
  http::Request request;
  request.path = "/liveness";
  http::ClientOptions options;
  options.deadline = patience;
  request_ = std::make_unique<http::ClientRequest>(
      loop_, target, request, options, [this](const http::Outcome<http::Response>& answer) {
        // A handshake that asks for a certificate is one, too.
        const bool is_there = answer || answer.error().error.kind == ErrorKind::denied;
        std::exchange(then_, {})(is_there);
      });
}

}  // namespace tamada::agent
