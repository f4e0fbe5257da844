// RuntimeDoor: one place where run-time clients connect, a UNIX-domain socket or a loopback address, with
// those who are connected. Destroying it closes the place and every connection. Loop thread only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/loop/tcp_listener.h"
#include "common/loop/unix_listener.h"
#include "router/config/stats_socket.h"
#include "router/serve/runtime_client.h"

namespace tamada::router {

class RuntimeDoor final : private loop::AcceptListener {
 public:
  // Loop and host must outlive it.
  RuntimeDoor(loop::Loop& loop, RuntimeHost& host, StatsSocket place);
  RuntimeDoor(const RuntimeDoor&) = delete;
  RuntimeDoor& operator=(const RuntimeDoor&) = delete;

  // Takes the place, with its mode and its owner; clients wait in the backlog until start().
  [[nodiscard]] Result<void> open();
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
  void on_accept(loop::UniqueFd socket, const Address& peer) override;
  void drop(std::uint64_t number);
  void pause();
  void resume();

  loop::Loop& loop_;
  RuntimeHost& host_;
  StatsSocket place_;
  loop::UnixListener unix_;
  loop::TcpListener tcp_;
  std::map<std::uint64_t, std::unique_ptr<RuntimeClient>> clients_;
  std::uint64_t last_number_ = 0;
};

}  // namespace tamada::router
