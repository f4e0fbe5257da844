#include "agent/server/watch/flush_watch.h"

#include <catch2/catch.hpp>

namespace tamada::agent {

namespace {

constexpr TimePoint start{1000s};

}  // namespace

TEST_CASE("Log that lies unflushed is probed first, and stalled when it does not move then") {
  FlushWatch watch;
  watch.saw(start, start + 1s, 200, 100);
  CHECK(watch.is_suspicious());
  watch.saw(start + 5s, start + 5s, 200, 100);
  // What counts is the time between the answer that showed it first and the last question.
  CHECK(watch.to_probe() == WalPosition{100});
  watch.probed(100);
  CHECK_FALSE(watch.to_probe());
  watch.saw(start + 10s, start + 12s, 300, 100);
  CHECK_FALSE(watch.is_stalled());
  watch.saw(start + 11s, start + 12s, 300, 100);
  CHECK(watch.is_stalled());
}

TEST_CASE("Log that moves, however slowly, is not stalled") {
  FlushWatch watch;
  for (int second = 0; second < 60; ++second) {
    const TimePoint at = start + second * 1s;
    const WalPosition flushed = 100 + static_cast<WalPosition>(second / 9);
    watch.saw(at, at, 1000, flushed);
    CHECK_FALSE(watch.is_stalled());
  }
  watch.saw(start + 61s, start + 61s, 1000, 1000);
  CHECK_FALSE(watch.is_suspicious());
}

TEST_CASE("Each position is probed once") {
  FlushWatch watch;
  watch.saw(start, start, 200, 100);
  watch.saw(start + 4s, start + 4s, 200, 100);
  watch.probed(100);
  watch.saw(start + 5s, start + 5s, 300, 200);
  watch.saw(start + 8s, start + 8s, 300, 200);
  CHECK_FALSE(watch.to_probe());
  watch.saw(start + 9s, start + 9s, 300, 200);
  CHECK(watch.to_probe() == WalPosition{200});
}

}  // namespace tamada::agent
