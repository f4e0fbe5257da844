#include "router/shell/status_server.h"

#include <algorithm>

namespace tamada::router {

std::vector<Error> StatusServer::prepare(const std::vector<HostPort>& binds) {
  std::vector<Error> errors;
  next_.clear();
  for (const HostPort& bind : binds) {
    Bound bound{bind, nullptr};
    const bool is_open =
        std::any_of(open_.begin(), open_.end(), [&](const Bound& one) { return one.bind == bind; });
    if (!is_open) {
      const auto address = Address::from_ip(bind.host, bind.port);
      if (!address) {
        errors.push_back({ErrorKind::invalid, "stats.bind: " + address.error().message});
        continue;
      }
      bound.server = std::make_unique<http::Server>(
          loop_, http::ServerOptions{},
          [this](const http::Request& request, const http::Peer& peer, http::Responder responder) {
            answer(request, peer, std::move(responder));
          });
      if (const auto listening = bound.server->listen(*address); !listening) {
        errors.push_back({listening.error().kind, "stats.bind: " + listening.error().message});
        continue;
      }
    }
    next_.push_back(std::move(bound));
  }
  if (!errors.empty()) next_.clear();
  return errors;
}

void StatusServer::commit() {
  for (Bound& bound : next_) {
    if (bound.server != nullptr) continue;
    const auto same =
        std::find_if(open_.begin(), open_.end(), [&](const Bound& one) { return one.bind == bound.bind; });
    if (same != open_.end()) bound.server = std::move(same->server);
  }
  std::erase_if(next_, [](const Bound& bound) { return bound.server == nullptr; });  // named twice
  open_ = std::move(next_);
  next_.clear();
}

std::vector<Address> StatusServer::addresses() const {
  std::vector<Address> addresses;
  for (const Bound& bound : open_) addresses.push_back(bound.server->address());
  return addresses;
}

void StatusServer::answer(const http::Request& request, const http::Peer& peer,
                          http::Responder responder) const {
  responder.send(respond(request, peer.address.to_string(), source_));
}

}  // namespace tamada::router
