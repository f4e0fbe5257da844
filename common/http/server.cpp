#include "common/http/server.h"

#include <utility>

#include "common/http/server_connections.h"

namespace tamada::http {

Server::Server(loop::Loop& loop, const ServerOptions& options, Handler handler)
    : connections_(std::make_shared<ServerConnections>(loop, options, std::move(handler))),
      listener_(loop, *this) {}

Server::~Server() = default;

Result<void> Server::listen(const Address& address) {
  return listener_.bind(address);
}

Result<void> Server::listen_like(const Server& other) {
  auto socket = other.listener_.share();
  if (!socket) return tl::make_unexpected(socket.error());
  return listener_.adopt(std::move(*socket));
}

Result<void> Server::listen_on(UniqueFd listening_socket) {
  return listener_.adopt(std::move(listening_socket));
}

void Server::reconfigure(const ServerOptions& options) {
  connections_->reconfigure(options);
}

std::size_t Server::connections() const {
  return connections_->size();
}

const ServerCounters& Server::counters() const {
  return connections_->counters();
}

void Server::on_accept(UniqueFd socket, const Address& peer) {
  connections_->accept(std::move(socket), peer);
}

}  // namespace tamada::http
