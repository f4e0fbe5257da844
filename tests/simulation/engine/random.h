// Random: numbers from a seed, the same ones on every machine and with every standard library.
//
// xoshiro256** by Blackman and Vigna, seeded through splitmix64 as they advise (https://prng.di.unimi.it). The
// distributions of <random> are not used: each standard library has its own. No floating point either.
//
// fork() gives a stream of its own for one part of a history, so that a part that draws once more does not change what
// the others do.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/base/time.h"

namespace tamada::simulation {

class Random {
 public:
  explicit Random(std::uint64_t seed);

  [[nodiscard]] std::uint64_t next();
  // 0 .. bound - 1, each alike. Precondition: bound > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);
  // Both ends included. Precondition: low <= high.
  [[nodiscard]] std::int64_t between(std::int64_t low, std::int64_t high);
  [[nodiscard]] Duration between(Duration low, Duration high);
  // True `parts` times in `of`. chance(1, 100) is one in a hundred. Precondition: of > 0.
  [[nodiscard]] bool chance(std::uint64_t parts, std::uint64_t of) { return below(of) < parts; }
  // One of a container with size() and operator[]. Precondition: it is not empty.
  template <class Container>
  [[nodiscard]] auto& pick(Container& container) {
    return container[static_cast<std::size_t>(below(container.size()))];
  }

  // A generator of its own: other numbers than these, for each `label` different ones. Draws nothing from this one.
  [[nodiscard]] Random fork(std::uint64_t label) const;

 private:
  std::uint64_t state_[4];
};

}  // namespace tamada::simulation
