#include "router/balance/route_states.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::router;

namespace {

constexpr ListenerId writers{1};
constexpr NodeId a{1};
constexpr NodeId b{2};
TimePoint at(Duration since) {
  return TimePoint{1000s} + since;
}

RoutingTable table(const std::vector<NodeId>& candidates, TimePoint until) {
  RoutingTable made;
  made.listeners.push_back({writers, {}, "", {}});
  for (const NodeId node : candidates) made.listeners[0].candidates.push_back({node, "", {}, until});
  return made;
}

}  // namespace

TEST_CASE("how long a node is offered, and how often it stopped being so") {
  RouteStates states;
  states.apply(table({a}, at(100s)), {a, b}, at(0s));
  states.apply(table({a}, at(100s)), {a, b}, at(5s));
  CHECK(states.of(writers, a, at(6s)).eligible);
  CHECK(states.of(writers, a, at(6s)).since == at(0s));
  CHECK(states.of(writers, a, at(6s)).downtime == 0s);
  CHECK_FALSE(states.of(writers, b, at(6s)).eligible);
  CHECK(states.of(writers, b, at(6s)).downtime == 6s);
  CHECK(states.of(writers, b, at(6s)).times_down == 0);

  states.apply(table({b}, at(100s)), {a, b}, at(10s));
  const RouteState gone = states.of(writers, a, at(12s));
  CHECK_FALSE(gone.eligible);
  CHECK(gone.since == at(10s));
  CHECK(gone.times_down == 1);
  CHECK(gone.downtime == 2s);
  CHECK(states.of(writers, b, at(12s)).downtime == 10s);

  states.apply(table({a}, at(100s)), {a, b}, at(15s));
  states.apply(table({}, at(100s)), {a, b}, at(20s));
  CHECK(states.of(writers, a, at(21s)).times_down == 2);
  CHECK(states.of(writers, a, at(21s)).downtime == 6s);
}

TEST_CASE("an offer that ran out is none any more, since then") {
  RouteStates states;
  states.apply(table({a}, at(3s)), {a}, at(0s));
  CHECK(states.of(writers, a, at(2s)).eligible);
  const RouteState out = states.of(writers, a, at(5s));
  CHECK_FALSE(out.eligible);
  CHECK(out.since == at(3s));
  CHECK(out.times_down == 1);
  CHECK(out.downtime == 2s);
  states.apply(table({a}, at(100s)), {a}, at(10s));
  CHECK(states.of(writers, a, at(11s)).downtime == 7s);
  CHECK(states.of(writers, a, at(11s)).times_down == 1);
}

TEST_CASE("a node that takes no connections is not offered, though it stands in the table") {
  RouteStates states;
  states.apply(table({a}, at(100s)), {a}, at(0s));
  RoutingTable closed = table({a}, at(100s));
  closed.listeners[0].candidates[0].no_connection = "connect to 10.0.0.1:5432: connection refused";
  states.apply(closed, {a}, at(5s));
  CHECK_FALSE(states.of(writers, a, at(6s)).eligible);
  CHECK(states.of(writers, a, at(6s)).times_down == 1);
  CHECK_FALSE(states.of_any(writers, at(6s)).eligible);
  states.apply(table({a}, at(100s)), {a}, at(8s));
  CHECK(states.of(writers, a, at(9s)).downtime == 3s);
}

TEST_CASE("nodes and listeners that are gone are forgotten") {
  RouteStates states;
  states.apply(table({a}, at(100s)), {a, b}, at(0s));
  states.apply(table({a}, at(100s)), {b}, at(1s));
  CHECK_FALSE(states.of(writers, a, at(2s)).eligible);
  CHECK(states.of(writers, a, at(2s)).since == at(2s));
  CHECK_FALSE(states.of(ListenerId{9}, b, at(2s)).eligible);
}

TEST_CASE("the listener as a whole is up while any node is offered to it") {
  RouteStates states;
  states.apply(table({a}, at(100s)), {a, b}, at(0s));
  states.apply(table({b}, at(100s)), {a, b}, at(10s));  // b takes over from a without a gap
  const RouteState up = states.of_any(writers, at(12s));
  CHECK(up.eligible);
  CHECK(up.since == at(0s));
  CHECK(up.times_down == 0);
  CHECK(up.downtime == 0s);
  states.apply(table({}, at(100s)), {a, b}, at(20s));
  states.apply(table({a, b}, at(100s)), {a, b}, at(25s));
  const RouteState again = states.of_any(writers, at(30s));
  CHECK(again.eligible);
  CHECK(again.since == at(25s));
  CHECK(again.times_down == 1);
  CHECK(again.downtime == 5s);
}

TEST_CASE("a listener without nodes has been down since it is known") {
  RouteStates states;
  states.apply(table({}, at(100s)), {}, at(0s));
  const RouteState down = states.of_any(writers, at(4s));
  CHECK_FALSE(down.eligible);
  CHECK(down.since == at(0s));
  CHECK(down.times_down == 0);
  CHECK(down.downtime == 4s);
}
