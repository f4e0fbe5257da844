#include "common/base/rate_meter.h"

#include <catch2/catch.hpp>

namespace tamada {
namespace {

constexpr TimePoint start{1000s};

TEST_CASE("a rate is that of the last second, and nothing has to happen for it to fall", "[rate_meter]") {
  RateMeter meter;
  CHECK(meter.rate(start) == 0);
  for (int i = 0; i < 10; ++i) meter.add(start + i * 100ms);
  CHECK(meter.rate(start + 900ms) == 10);
  CHECK(meter.rate(start + 1500ms) == 5);
  CHECK(meter.rate(start + 2s) == 0);
  CHECK(meter.rate(start + std::chrono::hours(1)) == 0);
}

TEST_CASE("events that come evenly have the same rate at every moment", "[rate_meter]") {
  RateMeter meter;
  for (int i = 0; i < 100; ++i) {
    const TimePoint now = start + i * 100ms;
    meter.add(now);
    if (i >= 10) CHECK(meter.rate(now) >= 10);
    CHECK(meter.rate(now) <= 11);
  }
}

TEST_CASE("the maximum is no less than any rate, and can begin anew", "[rate_meter]") {
  RateMeter meter;
  for (int i = 0; i < 5; ++i) meter.add(start + 900ms);
  for (int i = 0; i < 5; ++i) meter.add(start + 1900ms);
  CHECK(meter.max() >= meter.rate(start + 1900ms));
  CHECK(meter.max() >= 5);
  meter.clear_max(start + 10s);
  CHECK(meter.max() == 0);
  meter.add(start + 20s);
  CHECK(meter.max() == 1);
}

}  // namespace
}  // namespace tamada
