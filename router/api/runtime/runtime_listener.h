// RuntimeListener: one place where run-time clients connect, a UNIX-domain socket or a loopback address, with
// those who are connected. Destroying it closes the place and every connection. Loop thread only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/loop/inherited_sockets.h"
#include "common/loop/tcp_listener.h"
#include "common/loop/unix_listener.h"
#include "router/api/runtime/runtime_client.h"
#include "router/config/stats_socket.h"

namespace tamada::router {

class RuntimeListener final : private loop::AcceptCallbacks {
 public:
  // Loop and host must outlive it.
  RuntimeListener(loop::Loop& loop, RuntimeCallbacks& host, StatsSocket place);
  RuntimeListener(const RuntimeListener&) = delete;
  RuntimeListener& operator=(const RuntimeListener&) = delete;

  // Takes the place, with its mode and its owner, from `inherited` (may be null) if it is there; clients wait
  // in the backlog until start().
  [[nodiscard]] Result<void> open(loop::InheritedSockets* inherited);
  // Another descriptor of the listening socket, for the process that takes this one's place.
  [[nodiscard]] Result<UniqueFd> share() const { return unix_.is_open() ? unix_.share() : tcp_.share(); }
  // The place is another process's from now on: its file stays.
  void leave() { unix_.leave_file(); }
  // A .socket unit's: it listens also when the router has ended.
  [[nodiscard]] bool is_foreign() const { return foreign_; }
  // Serves, from now on with the level and the mode of `place`, which is the same place. Who is connected
  // already keeps the level.
  void start(const StatsSocket& place);
  [[nodiscard]] const StatsSocket& place() const { return place_; }
  // Of a loopback address, with the real port.
  [[nodiscard]] Address address() const { return tcp_.is_open() ? tcp_.address() : Address{}; }
  [[nodiscard]] std::size_t clients() const { return clients_.size(); }

  // More wait in the backlog, as HAProxy has it.
  static constexpr std::size_t clients_max = 32;

 private:
  void on_accept(UniqueFd socket, const Address& peer) override;
  void drop(std::uint64_t number);
  void give_rights(const StatsSocket& place);
  void pause();
  void resume();

  loop::Loop& loop_;
  RuntimeCallbacks& host_;
  StatsSocket place_;
  loop::UnixListener unix_;
  loop::TcpListener tcp_;
  std::map<std::uint64_t, std::unique_ptr<RuntimeClient>> clients_;
  std::uint64_t last_number_ = 0;
  bool foreign_ = false;
  bool adopted_ = false;  // its file is as another process left it
};

}  // namespace tamada::router
