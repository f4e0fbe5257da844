#include "router/control/admin_states.h"

#include <catch2/catch.hpp>

namespace tamada::router {
namespace {

TEST_CASE("a state for all listeners replaces those of single ones", "[admin_states]") {
  AdminStates states;
  states.set("pg1", "read", AdminState::drain);
  states.set("pg1", "", AdminState::maintenance);
  CHECK(states.of("pg1") == NodeAdmin{AdminState::maintenance, {}});
  states.set("pg1", "read", AdminState::ready);
  CHECK(states.of("pg1") == NodeAdmin{AdminState::maintenance, {{"read", AdminState::ready}}});
}

TEST_CASE("a node that is ready everywhere is forgotten", "[admin_states]") {
  AdminStates states;
  states.set("pg1", "read", AdminState::drain);
  states.set("pg1", "read", AdminState::ready);
  CHECK(states.nodes().empty());
  CHECK(states.of("pg1") == NodeAdmin{});
}

TEST_CASE("states come back from their text", "[admin_states]") {
  AdminStates states;
  states.set("pg1", "", AdminState::drain);
  states.set("pg 2", "read", AdminState::maintenance);
  const auto back = AdminStates::from_text(states.to_text());
  REQUIRE(back);
  CHECK(*back == states);
}

TEST_CASE("who asked, and when, comes back; a file of before that tells neither is read", "[admin_states]") {
  AdminStates states;
  const std::chrono::system_clock::time_point at(std::chrono::milliseconds(1'800'000'000'123));
  states.set("pg1", "", AdminState::drain, {"dba from 10.0.0.7", at});
  const auto back = AdminStates::from_text(states.to_text());
  REQUIRE(back);
  CHECK(back->of("pg1").request == AdminRequest{"dba from 10.0.0.7", at});
  states.set("pg1", "", AdminState::ready, {"dba", at});
  CHECK(states.of("pg1").request.by.empty());

  const auto old = AdminStates::from_text(
      R"({"version": 1, "nodes": {"pg1": {"state": "drain", "listeners": {"read": "ready"}}}})");
  REQUIRE(old);
  CHECK(old->of("pg1") == NodeAdmin{AdminState::drain, {{"read", AdminState::ready}}});
}

TEST_CASE("a name that is no UTF-8 does not break the file", "[admin_states]") {
  AdminStates states;
  states.set("pg\xff", "\xc3\x28", AdminState::drain);
  CHECK(AdminStates::from_text(states.to_text()));
}

TEST_CASE("a broken state file is refused as a whole, with its place", "[admin_states]") {
  const auto error = [](const char* text) {
    const auto states = AdminStates::from_text(text);
    return states ? std::string("read") : states.error().message;
  };
  CHECK(error("") == "not JSON");
  CHECK(error("{\"version\": 1, \"nodes\"") == "not JSON");
  CHECK(error("[]") == "expected an object with \"version\": 1");
  CHECK(error("{\"version\": 2}") == "expected an object with \"version\": 1");
  CHECK(error("{\"version\": 1}") == "nodes: expected an object");
  CHECK(error("{\"version\": 1, \"nodes\": {\"a\": 1}}") == "nodes.a: expected an object");
  CHECK(error("{\"version\": 1, \"nodes\": {\"a\": {}}}") ==
        "nodes.a.state: found null, expected \"ready\", \"drain\" or \"maintenance\"");
  CHECK(error(R"({"version":1,"nodes":{"a":{"state":"drain","listeners":{"read":"off"}}}})") ==
        "nodes.a.listeners.read: found \"off\", expected \"ready\", \"drain\" or \"maintenance\"");
}

}  // namespace
}  // namespace tamada::router
