#include "router/core/balancing.h"

#include <cassert>

namespace tamada::router {

namespace {

// splitmix64's finisher: spreads neighbouring inputs (node ids count up by one).
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

std::size_t least_connections(std::span<const Choice> choices, std::uint64_t& turn) {
  const std::size_t start = turn++ % choices.size();
  std::size_t best = start;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const std::size_t at = (start + i) % choices.size();
    if (choices[at].sessions < choices[best].sessions) best = at;
  }
  return best;
}

// The first node after the one that had the last turn: stays even when nodes come and go between turns.
std::size_t round_robin(std::span<const Choice> choices, std::uint64_t& turn) {
  std::size_t next = choices.size();
  std::size_t first = 0;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (choices[i].node < choices[first].node) first = i;
    const bool after = choices[i].node.value > turn;
    if (after && (next == choices.size() || choices[i].node < choices[next].node)) next = i;
  }
  if (next == choices.size()) next = first;
  turn = choices[next].node.value;
  return next;
}

std::size_t less_of_two(std::span<const Choice> choices, std::mt19937& random) {
  const std::size_t a = random() % choices.size();
  const std::size_t b = random() % choices.size();
  return choices[b].sessions < choices[a].sessions ? b : a;
}

std::size_t highest_weight(std::span<const Choice> choices, std::uint64_t source) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < choices.size(); ++i) {
    if (mix(source ^ mix(choices[i].node.value)) > mix(source ^ mix(choices[best].node.value))) best = i;
  }
  return best;
}

}  // namespace

std::size_t choose(Balance balance, std::span<const Choice> choices, BalanceState state) {
  assert(!choices.empty());
  switch (balance) {
    case Balance::leastconn:
      return least_connections(choices, state.turn);
    case Balance::roundrobin:
      return round_robin(choices, state.turn);
    case Balance::random:
      return less_of_two(choices, state.random);
    case Balance::source:
      return highest_weight(choices, state.source_hash);
  }
  return 0;
}

std::uint64_t source_hash(const Address& client) {
  std::uint64_t hash = 0;
  for (const char byte : client.ip_bytes()) hash = mix(hash ^ static_cast<unsigned char>(byte));
  return hash;
}

}  // namespace tamada::router
