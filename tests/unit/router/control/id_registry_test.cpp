#include "router/control/id_registry.h"

#include <catch2/catch.hpp>

namespace tamada::router {
namespace {

NodeConfig node(const char* name, const char* postgres, const char* api) {
  return {name, *HostPort::parse(postgres, 5432), "http", *HostPort::parse(api, 8008)};
}

TEST_CASE("a node keeps its id while its name and one end point stay", "[id_registry]") {
  IdRegistry ids;
  const NodeId id = ids.node(node("pg1", "pg1:5432", "pg1:8008"));
  CHECK(id.is_set());
  CHECK(ids.node(node("pg1", "pg1:5432", "pg1:8008")) == id);
  CHECK(ids.node(node("pg1", "pg1:6432", "pg1:8008")) == id);
  CHECK(ids.node(node("pg1", "pg1:6432", "pg1:8009")) == id);
}

TEST_CASE("a node whose both end points changed is another one", "[id_registry]") {
  IdRegistry ids;
  const NodeId old = ids.node(node("pg1", "10.0.0.1:5432", "10.0.0.1:8008"));
  const NodeId other = ids.node(node("pg1", "10.0.0.2:5432", "10.0.0.2:8008"));
  CHECK(other != old);
  // Back again: the old one.
  CHECK(ids.node(node("pg1", "10.0.0.1:5432", "10.0.0.1:8008")) == old);
  CHECK(ids.node(node("pg1", "10.0.0.2:5432", "10.0.0.2:8008")) == other);
}

TEST_CASE("the same end points under another name are another node", "[id_registry]") {
  IdRegistry ids;
  CHECK(ids.node(node("pg1", "a:1", "a:2")) != ids.node(node("pg2", "a:1", "a:2")));
}

TEST_CASE("a listener is its name", "[id_registry]") {
  IdRegistry ids;
  const ListenerId write = ids.listener("write");
  const ListenerId read = ids.listener("read");
  CHECK(write != read);
  CHECK(ids.listener("write") == write);
}

}  // namespace
}  // namespace tamada::router
