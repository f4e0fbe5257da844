// RateMeter: how often something happened in the last second, and at most so far. Pure; nothing has to be
// done while nothing happens.
//
// Seconds are counted from the first event. The rate is what the running second has so far, and of the one
// before it the share that still lies within the last second: exact where events come evenly.
#pragma once

#include <cstdint>

#include "common/base/time.h"

namespace tamada {

class RateMeter {
 public:
  // Time must not go backwards.
  void add(TimePoint now);
  [[nodiscard]] std::uint32_t rate(TimePoint now) const;
  // Never less than what rate() said meanwhile.
  [[nodiscard]] std::uint32_t max() const { return max_; }
  // The maximum begins anew, with the rate of now.
  void clear_max(TimePoint now) { max_ = rate(now); }

 private:
  TimePoint began_{};         // the running second
  std::uint32_t count_ = 0;   // in it
  std::uint32_t before_ = 0;  // in the one before
  std::uint32_t max_ = 0;
};

}  // namespace tamada
