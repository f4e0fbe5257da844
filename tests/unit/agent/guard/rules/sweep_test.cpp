#include "agent/guard/rules/sweep.h"

#include <catch2/catch.hpp>
#include <signal.h>

namespace tamada::guard {
namespace {

TimePoint at(Duration since_boot) {
  return TimePoint(since_boot);
}

TEST_CASE("a sweep sends SIGQUIT first and SIGKILL after 100 ms, to the millisecond", "[sweep]") {
  Sweep sweep;
  CHECK_FALSE(sweep.is_running());
  CHECK_FALSE(sweep.is_due(at(5s)));
  CHECK(sweep.next_turn() == TimePoint::max());
  sweep.begin(at(1s));
  CHECK(sweep.is_due(at(1s)));
  TimePoint now = at(1s);
  int rounds = 0;
  while (now < at(1100ms)) {
    CHECK(sweep.signal(now) == SIGQUIT);
    CHECK_FALSE(sweep.swept(2, now));
    CHECK_FALSE(sweep.is_due(now));
    now = sweep.next_turn();
    CHECK(sweep.is_due(now));
    ++rounds;
  }
  CHECK(rounds == 5);
  CHECK(now == at(1100ms));
  CHECK(sweep.signal(now) == SIGKILL);
}

TEST_CASE("SIGKILL is not late where a round came late", "[sweep]") {
  Sweep sweep;
  sweep.begin(at(1s));
  CHECK_FALSE(sweep.swept(1, at(1090ms)));
  CHECK(sweep.next_turn() == at(1100ms));
  CHECK_FALSE(sweep.swept(1, at(1100ms)));  // and does not come twice
  CHECK(sweep.next_turn() == at(1120ms));
}

TEST_CASE("a sweep is over after two rounds that found nobody", "[sweep]") {
  Sweep sweep;
  sweep.begin(at(1s));
  CHECK_FALSE(sweep.swept(0, at(1s)));
  CHECK_FALSE(sweep.swept(1, at(1020ms)));
  CHECK_FALSE(sweep.swept(0, at(1040ms)));
  CHECK(sweep.is_running());
  CHECK(sweep.swept(0, at(1060ms)));
  CHECK_FALSE(sweep.is_running());
}

TEST_CASE("a sweep that goes on for long looks less often, and never gives up", "[sweep]") {
  Sweep sweep;
  sweep.begin(at(0s));
  CHECK_FALSE(sweep.swept(1, at(1999ms)));
  CHECK(sweep.next_turn() == at(2019ms));
  CHECK_FALSE(sweep.swept(1, at(2s)));
  CHECK(sweep.next_turn() == at(2100ms));
  CHECK_FALSE(sweep.swept(1, at(3600s)));
  CHECK(sweep.is_running());
  CHECK(sweep.signal(at(3600s)) == SIGKILL);
}

TEST_CASE("a sweep that is begun again goes on with what it had come to", "[sweep]") {
  Sweep sweep;
  sweep.begin(at(0s));
  CHECK_FALSE(sweep.swept(0, at(150ms)));
  sweep.begin(at(160ms));
  CHECK(sweep.is_due(at(160ms)));
  CHECK(sweep.signal(at(160ms)) == SIGKILL);
  CHECK_FALSE(sweep.swept(0, at(160ms)));  // the round before does not count
  CHECK(sweep.swept(0, at(180ms)));
  sweep.begin(at(10s));
  CHECK(sweep.signal(at(10s)) == SIGQUIT);
}

}  // namespace
}  // namespace tamada::guard
