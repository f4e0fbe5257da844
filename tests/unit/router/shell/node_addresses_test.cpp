#include "router/shell/node_addresses.h"

#include <catch2/catch.hpp>

namespace tamada::router {
namespace {

Address ip(const char* text, std::uint16_t port = 0) {
  return *Address::from_ip(text, port);
}

NodeConfig node(const char* postgres, const char* api) {
  return {"pg1", *HostPort::parse(postgres, 5432), "http", *HostPort::parse(api, 8008)};
}

TEST_CASE("a name that is not known yet leads nowhere", "[node_addresses]") {
  const NodeAddresses addresses(node("pg1", "pg1"));
  CHECK_FALSE(addresses.api().is_set());
  CHECK_FALSE(addresses.postgres().is_set());
}

TEST_CASE("where both share a name, sessions go to the address that answered the poll", "[node_addresses]") {
  NodeAddresses addresses(node("pg1", "pg1"));
  addresses.resolved("pg1", {ip("::1"), ip("10.0.0.1")});
  CHECK(addresses.postgres().to_string() == "[::1]:5432");
  addresses.api_failed(addresses.api());
  addresses.api_answered(addresses.api(), "a");
  CHECK(addresses.postgres().to_string() == "10.0.0.1:5432");
  // A failed poll moves the asking, not yet the sessions.
  addresses.api_failed(addresses.api());
  CHECK(addresses.api().ip() == "::1");
  CHECK(addresses.postgres().ip() == "10.0.0.1");
}

TEST_CASE("where the names differ, PostgreSQL's own is followed", "[node_addresses]") {
  NodeAddresses addresses(node("db1:6432", "api1"));
  addresses.resolved("api1", {ip("10.0.0.1")});
  addresses.api_answered(addresses.api(), "a");
  CHECK_FALSE(addresses.postgres().is_set());
  addresses.resolved("db1", {ip("10.0.0.7"), ip("10.0.0.8")});
  CHECK(addresses.postgres().to_string() == "10.0.0.7:6432");
  addresses.postgres_failed();
  CHECK(addresses.postgres().ip() == "10.0.0.8");
  addresses.resolved("db1", {ip("10.0.0.9")});
  CHECK(addresses.postgres().ip() == "10.0.0.9");
  addresses.resolved("db1", {});
  CHECK(addresses.postgres().ip() == "10.0.0.9");
}

TEST_CASE("literals need no resolver", "[node_addresses]") {
  const NodeAddresses addresses(node("[::1]:5433", "127.0.0.1:8009"));
  CHECK(addresses.api().to_string() == "127.0.0.1:8009");
  CHECK(addresses.postgres().to_string() == "[::1]:5433");
}

}  // namespace
}  // namespace tamada::router
