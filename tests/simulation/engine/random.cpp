#include "tests/simulation/engine/random.h"

#include <cassert>

namespace tamada::simulation {
namespace {

std::uint64_t rotate_left(std::uint64_t value, int bits) {
  return (value << bits) | (value >> (64 - bits));
}

std::uint64_t splitmix(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15U;
  std::uint64_t mixed = state;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
  return mixed ^ (mixed >> 31);
}

}  // namespace

Random::Random(std::uint64_t seed) {
  for (std::uint64_t& word : state_) word = splitmix(seed);
}

std::uint64_t Random::next() {
  const std::uint64_t result = rotate_left(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = rotate_left(state_[3], 45);
  return result;
}

std::uint64_t Random::below(std::uint64_t bound) {
  assert(bound > 0);
  // The lowest numbers are left out, so that as many are left as `bound` divides.
  const std::uint64_t left_out = (0 - bound) % bound;
  for (;;) {
    const std::uint64_t number = next();
    if (number >= left_out) return number % bound;
  }
}

std::int64_t Random::between(std::int64_t low, std::int64_t high) {
  assert(low <= high);
  const std::uint64_t span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
  const std::uint64_t offset = span == 0 ? next() : below(span);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + offset);
}

Duration Random::between(Duration low, Duration high) {
  return Duration(between(low.count(), high.count()));
}

Random Random::fork(std::uint64_t label) const {
  std::uint64_t mixer = label ^ 0xd1b54a32d192ed03U;
  std::uint64_t seed = splitmix(mixer);
  for (const std::uint64_t word : state_) {
    std::uint64_t state = seed ^ word;
    seed = splitmix(state);
  }
  return Random(seed);
}

}  // namespace tamada::simulation
