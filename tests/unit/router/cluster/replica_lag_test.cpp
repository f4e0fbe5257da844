#include "router/cluster/replica_lag.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::router;

namespace {
TimePoint at(Duration since) {
  return TimePoint{1000s} + since;
}
}  // namespace

TEST_CASE("lag in time is how long ago the leader was where the replica is") {
  ReplicaLag lag;
  CHECK_FALSE(lag.lag_time(100, at(0s)).has_value());
  lag.leader_is_at(1000, at(0s));
  lag.leader_is_at(2000, at(1s));
  lag.leader_is_at(3000, at(2s));
  CHECK(lag.lag_time(3000, at(2s)) == 0s);
  CHECK(lag.lag_time(5000, at(2s)) == 0s);
  CHECK(lag.lag_time(2000, at(2s)) == 1s);
  CHECK(lag.lag_time(2500, at(2s)) == 500ms);
  CHECK(lag.lag_time(1250, at(3s)) == 2750ms);
  // Asked before the leader's newest position was known: that one says nothing.
  CHECK(lag.lag_time(2000, at(1500ms)) == 0s);
  // Farther behind than anything known: at least this long.
  CHECK(lag.lag_time(10, at(3s)) == 3s);
  CHECK_FALSE(lag.lag_time(10, at(-1s)).has_value());
}

TEST_CASE("a leader at rest leaves nobody behind, however long it rests") {
  ReplicaLag lag;
  lag.leader_is_at(1000, at(0s));
  for (int i = 1; i < 100; ++i) lag.leader_is_at(2000, at(i * 1s));
  CHECK(lag.lag_time(2000, at(200s)) == 0s);
  CHECK(lag.lag_time(1000, at(200s)).value() >= 190s);
}

TEST_CASE("an hour is remembered, roughly; another leader's positions are another history") {
  ReplicaLag lag;
  for (int i = 0; i < 3600; ++i) lag.leader_is_at(1000U * static_cast<unsigned>(i), at(i * 1s));
  const Duration half_an_hour = lag.lag_time(1'800'000, at(3600s)).value();
  CHECK(half_an_hour >= 1790s);
  CHECK(half_an_hour <= 1810s);
  CHECK(lag.lag_time(3'590'000, at(3600s)) == 10s);
  lag.forget();
  CHECK_FALSE(lag.lag_time(10, at(3600s)).has_value());
}
