// Which of several fit nodes a session gets. Pure.
#pragma once

#include <cstdint>
#include <random>
#include <span>

#include "common/base/address.h"
#include "router/core/ids.h"
#include "router/core/policy.h"

namespace tamada::router {

// A fit node with room, and what balancing needs to know of it.
struct Choice {
  NodeId node;
  std::uint32_t sessions = 0;  // of this listener
};

// What balancing remembers of a listener (`turn`) and knows of the client (`source_hash`).
struct BalanceState {
  std::uint64_t& turn;  // moved on by each choice
  std::uint64_t source_hash = 0;
  std::mt19937& random;
};

// REQUIRES: `choices` not empty. Returns an index into it.
//
// leastconn: fewest sessions, in turn among equals. roundrobin: in turn, by node id, whoever is missing.
// random: the less loaded of two drawn. source: highest random weight of (client, node): a client keeps its
// node when others come and go, and moves only when its own is gone.
std::size_t choose(Balance balance, std::span<const Choice> choices, BalanceState state);

// A hash of the client's IP address, without its port.
std::uint64_t source_hash(const Address& client);

}  // namespace tamada::router
