// Acceptor: one worker's share of one listening socket. Every worker has one for each socket; the kernel
// wakes one of them for a connection. Worker thread only; the owner must outlive it.
#pragma once

#include <cstdint>

#include "common/loop/tcp_listener.h"
#include "router/core/ids.h"

namespace tamada::router {

class Acceptor;

class AcceptorOwner {
 public:
  virtual void on_client(ListenerId listener, loop::UniqueFd socket, const Address& peer) = 0;
  // Out of descriptors, and better again.
  virtual void on_accept_paused(Acceptor& acceptor, const Error& why) = 0;
  virtual void on_accept_resumed(Acceptor& acceptor) = 0;

 protected:
  ~AcceptorOwner() = default;
};

class Acceptor final : private loop::AcceptListener {
 public:
  // `socket_number`: which of the pool's sockets this is; `listener` may change with a configuration.
  Acceptor(loop::Loop& loop, AcceptorOwner& owner, std::uint32_t socket_number, ListenerId serves)
      : listener(serves), owner_(owner), socket_number_(socket_number), socket_(loop, *this) {}
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  Result<void> begin(loop::UniqueFd socket) { return socket_.adopt(std::move(socket)); }
  void stop() { socket_.stop(); }
  void resume() { socket_.resume(); }
  [[nodiscard]] std::uint32_t socket_number() const { return socket_number_; }

  ListenerId listener;

 private:
  void on_accept(loop::UniqueFd socket, const Address& peer) override {
    owner_.on_client(listener, std::move(socket), peer);
  }
  void on_paused(const Error& why) override { owner_.on_accept_paused(*this, why); }
  void on_resumed() override { owner_.on_accept_resumed(*this); }

  AcceptorOwner& owner_;
  const std::uint32_t socket_number_;
  loop::TcpListener socket_;
};

}  // namespace tamada::router
