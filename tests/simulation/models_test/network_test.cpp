#include "tests/simulation/network/network.h"

#include <catch2/catch.hpp>

#include <vector>

using namespace tamada;
using namespace tamada::simulation;

namespace {

constexpr TimePoint start{1000s};

}  // namespace

TEST_CASE("a message takes a time between the least and the most of its link", "[network]") {
  Network network(Random(1), {1ms, 3ms, 0});
  network.set_quality("a", "b", {50ms, 60ms, 0});
  for (int i = 0; i < 100; ++i) {
    const TimePoint there = network.arrival(start, "a", "b").value();
    CHECK(there >= start + 50ms);
    CHECK(there <= start + 60ms);
    const TimePoint back = network.arrival(start, "b", "a").value();
    CHECK(back >= start + 1ms);
    CHECK(back <= start + 3ms);
  }
}

TEST_CASE("a cut of one way leaves the other one, and healing opens it", "[network]") {
  Network network(Random(1), {});
  network.cut("a", "b");
  CHECK_FALSE(network.is_open("a", "b"));
  CHECK_FALSE(network.arrival(start, "a", "b"));
  CHECK(network.is_open("b", "a"));
  CHECK(network.travel("b", "a"));
  network.heal("a", "b");
  CHECK(network.travel("a", "b"));
  network.cut_both("a", "b");
  network.isolate("c");
  CHECK_FALSE(network.travel("b", "a"));
  CHECK_FALSE(network.travel("c", "a"));
  CHECK_FALSE(network.travel("x", "c"));
  network.rejoin("c");
  CHECK(network.travel("c", "a"));
  CHECK_FALSE(network.travel("a", "b"));
  network.heal_all();
  CHECK(network.travel("a", "b"));
}

TEST_CASE("places of one machine share its cuts and reach each other at once", "[network]") {
  Network network(Random(1), {1ms, 2ms, 0});
  network.place_on("agent-a", "a");
  network.place_on("postgres-a", "a");
  network.place_on("agent-b", "b");
  network.isolate("a");
  CHECK_FALSE(network.is_open("agent-a", "agent-b"));
  CHECK_FALSE(network.is_open("agent-b", "postgres-a"));
  CHECK(network.travel("agent-a", "postgres-a") == Duration(0s));
}

TEST_CASE("a lossy link loses messages, and delays them on a connection", "[network]") {
  Network network(Random(1), {1ms, 2ms, 300});
  Network::Stream stream;
  int lost = 0;
  int late = 0;
  for (int i = 0; i < 1000; ++i) {
    if (!network.arrival(start, "a", "b")) ++lost;
    const Duration travel = network.travel("a", "b").value();
    if (travel > 100ms) ++late;
  }
  CHECK(lost > 200);
  CHECK(lost < 400);
  CHECK(late > 200);
  CHECK(late < 400);
}

TEST_CASE("order is kept within a connection, and not between two", "[network]") {
  Network network(Random(1), {1ms, 50ms, 100});
  Network::Stream one;
  Network::Stream other;
  TimePoint last{};
  bool overtaken = false;
  for (int i = 0; i < 200; ++i) {
    const TimePoint now = start + i * 1ms;
    const TimePoint first = network.arrival(now, "a", "b", one).value();
    CHECK(first >= last);
    last = first;
    overtaken = overtaken || network.arrival(now, "a", "b", other).value() < first;
  }
  CHECK(overtaken);
}
