// Acceptor: one worker's share of one listening socket. Every worker has one for each socket; the kernel
// wakes one of them for a connection. Worker thread only; the owner must outlive it.
#pragma once

#include "common/loop/tcp_listener.h"
#include "router/balance/ids.h"

namespace tamada::router {

class Acceptor;

class AcceptorCallbacks {
 public:
  virtual void on_client(ListenerId listener, UniqueFd socket, const Address& peer) = 0;
  // Out of descriptors, and better again.
  virtual void on_accept_paused(Acceptor& acceptor, const Error& why) = 0;
  virtual void on_accept_resumed(Acceptor& acceptor) = 0;

 protected:
  ~AcceptorCallbacks() = default;
};

class Acceptor final : private loop::AcceptCallbacks {
 public:
  Acceptor(loop::Loop& loop, AcceptorCallbacks& owner, ListenerId serves)
      : listener(serves), owner_(owner), socket_(loop, *this) {}
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  Result<void> begin(UniqueFd socket) { return socket_.adopt(std::move(socket)); }
  void stop() { socket_.stop(); }
  void resume() { socket_.resume(); }

  ListenerId listener;  // may change with a configuration

 private:
  void on_accept(UniqueFd socket, const Address& peer) override {
    owner_.on_client(listener, std::move(socket), peer);
  }
  void on_paused(const Error& why) override { owner_.on_accept_paused(*this, why); }
  void on_resumed() override { owner_.on_accept_resumed(*this); }

  AcceptorCallbacks& owner_;
  loop::TcpListener socket_;
};

}  // namespace tamada::router
