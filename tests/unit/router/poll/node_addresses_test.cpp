#include "router/poll/node_addresses.h"

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
  CHECK(addresses.postgres_places().empty());
  addresses.resolved("db1", {ip("10.0.0.7"), ip("10.0.0.8")});
  CHECK(addresses.postgres().to_string() == "10.0.0.7:6432");
  CHECK(addresses.postgres_places() ==
        std::vector<PostgresPlace>{{ip("10.0.0.7", 6432), true}, {ip("10.0.0.8", 6432), true}});
  // Found to work: kept while it is listed.
  addresses.postgres_answered(ip("10.0.0.8", 6432));
  CHECK(addresses.postgres().to_string() == "10.0.0.8:6432");
  addresses.resolved("db1", {ip("10.0.0.7"), ip("10.0.0.8")});
  CHECK(addresses.postgres().ip() == "10.0.0.8");
  addresses.resolved("db1", {ip("10.0.0.9")});
  CHECK(addresses.postgres().ip() == "10.0.0.9");
  addresses.resolved("db1", {});
  CHECK(addresses.postgres().ip() == "10.0.0.9");
}

TEST_CASE("where both share a name, PostgreSQL may be at another of its addresses", "[node_addresses]") {
  NodeAddresses addresses(node("pg1", "pg1"));
  addresses.resolved("pg1", {ip("10.0.0.1"), ip("10.0.0.2"), ip("10.0.0.3")});
  addresses.api_answered(addresses.api(), "a");
  // Another address may be another machine.
  CHECK(addresses.postgres_places() == std::vector<PostgresPlace>{{ip("10.0.0.1", 5432), true},
                                                                  {ip("10.0.0.2", 5432), false},
                                                                  {ip("10.0.0.3", 5432), false}});
  addresses.postgres_answered(ip("10.0.0.2", 5432));
  CHECK(addresses.postgres().to_string() == "10.0.0.2:5432");
  CHECK(addresses.api().ip() == "10.0.0.1");
  addresses.api_answered(addresses.api(), "a");
  addresses.resolved("pg1", {ip("10.0.0.3"), ip("10.0.0.2"), ip("10.0.0.1")});
  CHECK(addresses.postgres().ip() == "10.0.0.2");
  // It is tried first, then where the REST API answers.
  CHECK(addresses.postgres_places()[0] == PostgresPlace{ip("10.0.0.2", 5432), true});
  CHECK(addresses.postgres_places()[1] == PostgresPlace{ip("10.0.0.1", 5432), true});
  // Polls are answered elsewhere: sessions follow them.
  addresses.api_failed(addresses.api());
  addresses.api_answered(addresses.api(), "a");
  CHECK(addresses.postgres().same_ip(addresses.api()));
}

TEST_CASE("127.0.0.1 and ::1 are one machine", "[node_addresses]") {
  NodeAddresses addresses(node("localhost", "localhost"));
  addresses.resolved("localhost", {ip("::1"), ip("127.0.0.1"), ip("127.0.0.2")});
  CHECK(addresses.postgres_places() == std::vector<PostgresPlace>{{ip("::1", 5432), true},
                                                                  {ip("127.0.0.1", 5432), true},
                                                                  {ip("127.0.0.2", 5432), false}});
}

TEST_CASE("a name with one address, and a literal, have one place", "[node_addresses]") {
  NodeAddresses addresses(node("pg1", "pg1"));
  addresses.resolved("pg1", {ip("10.0.0.1")});
  CHECK(addresses.postgres_places() == std::vector<PostgresPlace>{{ip("10.0.0.1", 5432), true}});
  const NodeAddresses literal(node("10.0.0.4:6432", "10.0.0.4"));
  CHECK(literal.postgres_places() == std::vector<PostgresPlace>{{ip("10.0.0.4", 6432), true}});
}

TEST_CASE("literals need no resolver", "[node_addresses]") {
  const NodeAddresses addresses(node("[::1]:5433", "127.0.0.1:8009"));
  CHECK(addresses.api().to_string() == "127.0.0.1:8009");
  CHECK(addresses.postgres().to_string() == "[::1]:5433");
}

}  // namespace
}  // namespace tamada::router
