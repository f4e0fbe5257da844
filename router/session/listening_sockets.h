// ListeningSockets: the listening sockets there are, opened and closed as the configuration changes. The
// pool's own descriptors of them never accept: the workers have descriptors of the same sockets, so no
// connection is lost while listeners change. Control loop thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/loop/inherited_sockets.h"
#include "common/loop/tcp_listener.h"
#include "router/config/router_config.h"

namespace tamada::router {

class ListeningSockets {
 public:
  struct Socket {
    std::uint32_t number = 0;  // never given twice
    ListenerId listener;
    HostPort bind;
    Address address;  // with the port the kernel chose
    bool is_new = false;
    bool foreign = false;  // a .socket unit's
  };

  // `inherited`: what another process has handed over is taken from there before it is opened anew. May be
  // null; both must outlive this.
  ListeningSockets(loop::Loop& loop, loop::InheritedSockets* inherited);
  ~ListeningSockets();
  ListeningSockets(const ListeningSockets&) = delete;
  ListeningSockets& operator=(const ListeningSockets&) = delete;

  // Makes the sockets those of `listeners`: one that is bound as before is kept, also if it goes to another
  // listener. All or nothing: on errors (one per address that cannot be bound) everything is as it was. A
  // port can move from "0.0.0.0" to "127.0.0.1" or back: clashes with sockets that are going away are
  // resolved, at the price of the clients in their backlog.
  [[nodiscard]] std::vector<Error> configure(const std::vector<ListenerConfig>& listeners);
  // Descriptor of a socket for one more worker.
  [[nodiscard]] Result<UniqueFd> share(std::uint32_t number) const;
  // From its return on nobody can connect, whichever worker still has a descriptor; but a socket that is a
  // .socket unit's goes on to listen.
  void close();
  // Lets go of them: they listen as long as somebody has a descriptor, a worker or another process.
  void leave();

  [[nodiscard]] std::vector<Socket> sockets() const;
  [[nodiscard]] bool is_open() const { return !open_.empty(); }

 private:
  struct Open;
  [[nodiscard]] Result<std::unique_ptr<Open>> open(const HostPort& bind, bool ipv6_only);

  loop::Loop& loop_;
  loop::InheritedSockets* const inherited_;
  std::vector<std::unique_ptr<Open>> open_;
  std::uint32_t next_number_ = 1;
};

}  // namespace tamada::router
