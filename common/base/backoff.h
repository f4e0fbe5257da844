// Backoff: how long to wait before the next try: doubles from `least` to `most`, each time up to a quarter
// less or more, so that many clients of one server do not come back in step. Pure but for its own random
// numbers.
#pragma once

#include <algorithm>
#include <random>

#include "common/base/time.h"

namespace tamada {

class Backoff {
 public:
  Backoff(Duration least, Duration most, std::uint32_t seed) : least_(least), most_(most), random_(seed) {}

  [[nodiscard]] Duration next() {
    const Duration base = next_;
    next_ = std::min(next_ * 2, most_);
    std::uniform_int_distribution<Duration::rep> jitter(-base.count() / 4, base.count() / 4);
    return base + Duration(jitter(random_));
  }
  void reset() { next_ = least_; }

 private:
  Duration least_;
  Duration most_;
  std::minstd_rand random_;
  Duration next_ = least_;
};

}  // namespace tamada
