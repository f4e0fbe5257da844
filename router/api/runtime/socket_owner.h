// Whom the file of a run-time socket belongs to: the names of `user U group G` become numbers, by the user
// database of this machine. Blocks (that database may be on the network).
#pragma once

#include "common/base/result.h"
#include "common/loop/unix_listener.h"
#include "router/config/stats_socket.h"

namespace tamada::router {

// Errors name the socket and the user or group that is not known.
[[nodiscard]] Result<loop::FileOwner> find_owner(const StatsSocket& socket);

// May this process give a file of its own to them? It is tried, with a file in memory. The error says what is
// needed.
[[nodiscard]] Result<void> may_give_to(const StatsSocket& socket, const loop::FileOwner& owner);

}  // namespace tamada::router
