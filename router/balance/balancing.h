// Which of several fit nodes a session gets. Pure.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <unordered_map>

#include "common/base/address.h"
#include "router/balance/ids.h"
#include "router/balance/policy.h"

namespace tamada::router {

// Weights are 1 to this; 0 takes a node out of the choice.
inline constexpr std::uint32_t weight_max = 256;

// A fit node with room, and what balancing needs to know of it.
struct Choice {
  NodeId node;
  std::uint32_t sessions = 0;  // of this listener
  std::uint32_t weight = 1;    // 1 to weight_max: its share of the sessions, compared with the others'
};

// What balancing remembers of a listener; moved on by each choice.
struct BalanceMemory {
  std::uint64_t turn = 0;
  // roundrobin: when each node's next turn is. To be cleared when a weight changes.
  std::unordered_map<NodeId, std::uint64_t> turn_of;
};

struct BalanceState {
  BalanceMemory& memory;
  std::uint64_t source_hash = 0;  // of the client
  std::mt19937& random;
};

// REQUIRES: `choices` not empty, no weight is 0. Returns an index into it.
//
// leastconn: fewest sessions for its weight, in turn among equals. roundrobin: in turn, by node id, whoever
// is missing; a node with twice the weight has twice as many turns, spread evenly. random: the less loaded of
// two drawn, by weight. source: highest random weight of (client, node): a client keeps its node when others
// come and go, and moves only when its own is gone; of a changed weight, no more clients move than must.
std::size_t choose(Balance balance, std::span<const Choice> choices, BalanceState state);

// A hash of the client's IP address, without its port.
std::uint64_t source_hash(const Address& client);

}  // namespace tamada::router
