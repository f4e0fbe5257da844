// TcpListener: accepts connections on one address and hands each on as a descriptor.
//
// After close()/destruction returns, no callback of this object runs again. Both may be called from inside
// one of its callbacks. Loop thread only. Loop and AcceptCallbacks must outlive it.
//
// Out of descriptors or memory (EMFILE, ENFILE, ENOBUFS, ENOMEM) it stops accepting for a while and tries
// again: clients wait in the kernel's backlog, nobody is turned away and the loop does not spin. (libuv's own
// accept keeps a spare descriptor to accept and close them, which is a refused client for every attempt: not
// used here.)
#pragma once

#include <string>

#include "common/base/address.h"
#include "common/base/result.h"
#include "common/base/time.h"
#include "common/base/unique_fd.h"
#include "common/loop/fd_watch.h"
#include "common/loop/lifetime.h"
#include "common/loop/loop.h"
#include "common/loop/timer.h"

namespace tamada::loop {

class AcceptCallbacks {
 public:
  // `socket` is connected, non-blocking, close-on-exec.
  virtual void on_accept(UniqueFd socket, const Address& peer) = 0;
  // Accepting has paused: once per episode, however often it is tried again meanwhile.
  virtual void on_paused(const Error& why) { static_cast<void>(why); }
  // The episode is over.
  virtual void on_resumed() {}

 protected:
  ~AcceptCallbacks() = default;
};

struct ListenOptions {
  bool reuse_port = false;  // several sockets on one address, the kernel spreads connections by hash
  bool ipv6_only = false;   // "::" serves IPv4 too unless set
  int backlog = 4096;       // the kernel caps it at net.core.somaxconn
  int accepts_per_turn = 16;
  Duration pause = 100ms;  // how long to wait when out of descriptors
  std::string name;        // what messages call it; empty: its address
};

class TcpListener final : private FdCallbacks {
 public:
  TcpListener(Loop& loop, AcceptCallbacks& callbacks, const ListenOptions& options = {});
  ~TcpListener();
  TcpListener(const TcpListener&) = delete;
  TcpListener& operator=(const TcpListener&) = delete;

  // Binds and accepts from the next turn on. Port 0: the kernel chooses, see address(). Errors:
  // "cannot listen on 0.0.0.0:5432: address already in use (EADDRINUSE)".
  Result<void> bind(const Address& address);
  // Accepts from a listening socket that share() of another listener gave: each connection goes to one of
  // them.
  Result<void> adopt(UniqueFd listening_socket);
  // Another descriptor of the same listening socket, for a listener on another loop (hand it over with
  // post()). It goes on listening when this one is closed.
  [[nodiscard]] Result<UniqueFd> share() const;

  // Stops accepting; clients wait in the backlog. Also ends an episode of pausing, without on_resumed().
  void stop();
  void resume();
  [[nodiscard]] bool is_stopped() const { return stopped_; }
  // Frees the address, unless shared. Clients in the backlog are reset.
  void close();
  [[nodiscard]] bool is_open() const { return socket_.is_open(); }
  // Where it listens, with the port the kernel chose.
  [[nodiscard]] Address address() const;

 private:
  void on_ready(std::uint32_t events) noexcept override;
  Result<void> start(UniqueFd socket);
  void pause(int code);
  bool end_pause();
  [[nodiscard]] std::string name() const;
  template <class Callback>
  bool survives(Callback callback);

  FdWatch watch_;
  AcceptCallbacks& callbacks_;
  ListenOptions options_;
  UniqueFd socket_;
  Timer retry_;
  Lifetime lifetime_;  // of the accept loop: over when it must not go on
  bool stopped_ = false;
  bool paused_ = false;
};

}  // namespace tamada::loop
