#include "router/stats/node_health.h"

#include <catch2/catch.hpp>

#include "tests/support/a_snapshot.h"

using namespace tamada;
using namespace tamada::router;
using namespace tamada::test;

namespace {

// A cluster in which nothing is wrong, changed by `change`: how its second node, a replica, does.
template <class Change>
std::string_view health_after(Change change) {
  StatsSnapshot snapshot = a_snapshot();
  snapshot.disagreements.clear();
  change(snapshot, snapshot.nodes[1]);
  return name_of(health_of(snapshot, 1));
}

}  // namespace

TEST_CASE("a replica that does what a replica does is ok, though the write listener does not use it",
          "[node_health]") {
  CHECK(health_after([](StatsSnapshot& snapshot, NodeStats&) {
          CHECK_FALSE(snapshot.listeners[0].routes[1].eligible);
        }) == "ok");
  CHECK(health_after([](StatsSnapshot&, NodeStats& node) { node.view.state = "streaming"; }) == "ok");
}

TEST_CASE("a replica that somebody tagged noloadbalance is ok", "[node_health]") {
  CHECK(health_after([](StatsSnapshot& snapshot, NodeStats&) {
          snapshot.listeners[1].routes[1].drains = true;
          snapshot.listeners[1].routes[1].why_not = "has noloadbalance";
        }) == "ok");
}

TEST_CASE("a node whose PostgreSQL takes no connections is bad, whatever Patroni says", "[node_health]") {
  CHECK(health_after([](StatsSnapshot&, NodeStats& node) {
          node.view.no_connection = NoConnectionView{{}, Silence::refused, "connection refused"};
        }) == "bad");
}

TEST_CASE("a node that works, but wants a look, is a warning", "[node_health]") {
  CHECK(health_after([](StatsSnapshot&, NodeStats& node) { node.admin = AdminState::drain; }) == "warn");
  CHECK(health_after([](StatsSnapshot&, NodeStats& node) { node.view.leaving = true; }) == "warn");
  CHECK(health_after([](StatsSnapshot&, NodeStats& node) { node.pending_restart = true; }) == "warn");
  CHECK(health_after([](StatsSnapshot&, NodeStats& node) { node.view.state = "starting"; }) == "warn");
  CHECK(health_after([](StatsSnapshot&, NodeStats& node) { node.check.silences = 1; }) == "warn");
  CHECK(health_after([](StatsSnapshot&, NodeStats& node) { node.view.lost_stream = true; }) == "warn");
  CHECK(health_after([](StatsSnapshot& snapshot, NodeStats&) {
          snapshot.listeners[1].routes[1].weight = 0;
        }) == "warn");
  CHECK(health_after([](StatsSnapshot& snapshot, NodeStats&) {
          snapshot.listeners[1].routes[1].admin = AdminState::maintenance;
        }) == "warn");
  CHECK(health_after([](StatsSnapshot& snapshot, NodeStats&) {
          snapshot.listeners[1].routes[1].drains = true;
          snapshot.listeners[1].routes[1].lags = true;
        }) == "warn");
}

TEST_CASE("a node that is silent, failed, refused or disputed is bad, whatever else holds", "[node_health]") {
  for (const char* state : {"silent", "failed", "refused"}) {
    CHECK(health_after([state](StatsSnapshot&, NodeStats& node) {
            node.view.state = state;
            node.admin = AdminState::drain;
          }) == "bad");
  }
  CHECK(health_after([](StatsSnapshot& snapshot, NodeStats&) {
          snapshot.disagreements.push_back({"two-claims", "pg2", "pg1 and pg2 say primary"});
        }) == "bad");
}

TEST_CASE("a node that was never heard is unknown", "[node_health]") {
  CHECK(health_after([](StatsSnapshot&, NodeStats& node) {
          node.view.state = "unknown";
          node.view.heard.reset();
        }) == "unknown");
}
