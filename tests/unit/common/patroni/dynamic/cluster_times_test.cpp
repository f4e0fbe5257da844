// adjust_times(). What is expected is what Patroni 4.1.4 logs and uses for the same numbers.
#include "common/patroni/dynamic/cluster_times.h"

#include <catch2/catch.hpp>

using namespace tamada::patroni;

TEST_CASE("times that fit are taken as they are", "[cluster_times]") {
  for (const ClusterTimes& times :
       {ClusterTimes{30, 10, 10}, ClusterTimes{20, 1, 3}, ClusterTimes{21, 1, 10}}) {
    const auto adjusted = adjust_times(times);
    CHECK(adjusted.times == times);
    CHECK(adjusted.notes.empty());
  }
}

TEST_CASE("too low times are raised, each with a note", "[cluster_times]") {
  const auto adjusted = adjust_times({.ttl = 10, .loop_wait = 0, .retry_timeout = 2});
  CHECK(adjusted.times == ClusterTimes{20, 1, 3});
  REQUIRE(adjusted.notes.size() == 3);
  CHECK(adjusted.notes[0].key == "loop_wait");
  CHECK(adjusted.notes[1].message == "2 s is too low; taken as 3 s");
  CHECK(adjusted.notes[2].key == "ttl");
  CHECK(adjust_times({10, 2, 3}).times == ClusterTimes{20, 2, 3});
  CHECK(adjust_times({-5, 2, 3}).times == ClusterTimes{20, 2, 3});
}

TEST_CASE("loop_wait is cut first", "[cluster_times]") {
  const auto adjusted = adjust_times({.ttl = 25, .loop_wait = 10, .retry_timeout = 10});
  CHECK(adjusted.times == ClusterTimes{25, 5, 10});
  REQUIRE(adjusted.notes.size() == 1);
  CHECK(adjusted.notes[0].key == "loop_wait");
}

TEST_CASE("retry_timeout is cut where loop_wait cannot be cut enough", "[cluster_times]") {
  const auto adjusted = adjust_times({.ttl = 20, .loop_wait = 2, .retry_timeout = 10});
  CHECK(adjusted.times == ClusterTimes{20, 1, 9});
  CHECK(adjusted.notes.size() == 2);
  CHECK(adjust_times({20, 1, 10}).notes.size() == 1);
}
