#include "router/balance/balancing.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace tamada::router {

namespace {

// splitmix64's finisher: spreads neighbouring inputs (node ids count up by one).
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

// With one session more, would `a` be less loaded than `b`? (a.sessions + 1) / a.weight < ...
bool is_less_loaded(const Choice& a, const Choice& b) {
  return (std::uint64_t{a.sessions} + 1) * b.weight < (std::uint64_t{b.sessions} + 1) * a.weight;
}

std::size_t least_connections(std::span<const Choice> choices, std::uint64_t& turn) {
  const std::size_t start = turn++ % choices.size();
  std::size_t best = start;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const std::size_t at = (start + i) % choices.size();
    if (is_less_loaded(choices[at], choices[best])) best = at;
  }
  return best;
}

// Stride scheduling: each node's next turn comes one stride after its last, the earliest is taken. A node
// that was missing does not make up for the turns it missed.
std::size_t round_robin(std::span<const Choice> choices, BalanceMemory& memory) {
  constexpr std::uint64_t stride_of_weight_1 = std::uint64_t{1} << 20;
  const auto turn_of = [&](const Choice& choice) {
    return std::max(memory.turn_of[choice.node], memory.turn);
  };
  std::size_t next = 0;
  for (std::size_t i = 1; i < choices.size(); ++i) {
    const std::uint64_t turn = turn_of(choices[i]);
    const std::uint64_t first = turn_of(choices[next]);
    if (turn < first || (turn == first && choices[i].node < choices[next].node)) next = i;
  }
  memory.turn = turn_of(choices[next]);
  memory.turn_of[choices[next].node] = memory.turn + stride_of_weight_1 / choices[next].weight;
  return next;
}

std::size_t draw(std::span<const Choice> choices, std::uint64_t all_weights, std::mt19937& random) {
  std::uint64_t drawn = random() % all_weights;
  std::size_t at = 0;
  while (drawn >= choices[at].weight) drawn -= choices[at++].weight;
  return at;
}

std::size_t less_of_two(std::span<const Choice> choices, std::mt19937& random) {
  std::uint64_t all_weights = 0;
  for (const Choice& choice : choices) all_weights += choice.weight;
  const std::size_t a = draw(choices, all_weights, random);
  const std::size_t b = draw(choices, all_weights, random);
  return is_less_loaded(choices[b], choices[a]) ? b : a;
}

// Rendezvous hashing with weights: -weight / ln(u) of a uniform u in (0, 1) that client and node make
// together. Among equal weights that is the order of u itself.
std::size_t highest_weight(std::span<const Choice> choices, std::uint64_t source) {
  const auto score = [source](const Choice& choice) {
    const std::uint64_t hash = mix(source ^ mix(choice.node.value));
    const double u = (static_cast<double>(hash >> 11) + 0.5) * 0x1p-53;
    return -static_cast<double>(choice.weight) / std::log(u);
  };
  std::size_t best = 0;
  double best_score = score(choices[0]);
  for (std::size_t i = 1; i < choices.size(); ++i) {
    const double other = score(choices[i]);
    if (other > best_score) {
      best = i;
      best_score = other;
    }
  }
  return best;
}

}  // namespace

std::size_t choose(Balance balance, std::span<const Choice> choices, BalanceState state) {
  assert(!choices.empty());
  switch (balance) {
    case Balance::leastconn:
      return least_connections(choices, state.memory.turn);
    case Balance::roundrobin:
      return round_robin(choices, state.memory);
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
