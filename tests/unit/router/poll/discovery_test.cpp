#include "router/poll/discovery.h"

#include <catch2/catch.hpp>

namespace tamada::router {
namespace {

constexpr TimePoint at(Duration span) {
  return TimePoint{1000s} + span;
}

patroni::ClusterMember member(const char* name, const char* url, const char* host, std::uint16_t port) {
  patroni::ClusterMember one;
  one.name = name;
  one.api_url = url;
  one.host = host;
  one.port = port;
  return one;
}

patroni::ClusterMembers naming(std::vector<patroni::ClusterMember> members) {
  patroni::ClusterMembers answer;
  answer.members = std::move(members);
  return answer;
}

const patroni::ClusterMember pg3 = member("pg3", "https://10.0.0.3:8009/patroni", "10.0.0.3", 6432);

TEST_CASE("a member's end points are those it tells", "[discovery]") {
  const auto node = node_of(pg3);
  REQUIRE(node);
  CHECK(node->name == "pg3");
  CHECK(node->api_url() == "https://10.0.0.3:8009");
  CHECK(node->postgres.to_string() == "10.0.0.3:6432");
  CHECK(node_of(member("x", "http://[fd00::1]:8008/patroni", "", 0))->postgres.to_string() ==
        "[fd00::1]:5432");
  CHECK_FALSE(node_of(member("x", "", "10.0.0.3", 5432)));
  CHECK_FALSE(node_of(member("x", "ftp://10.0.0.3", "10.0.0.3", 5432)));
}

TEST_CASE("a member joins once, moves when it says so, and cannot be used without an address",
          "[discovery]") {
  Discovery discovery;
  CHECK(discovery.add({pg3, member("pg4", "", "", 0)}, at(0s)));
  CHECK_FALSE(discovery.add({pg3}, at(1s)));
  REQUIRE(discovery.nodes().size() == 1);
  CHECK(discovery.heard(naming({member("pg3", "http://10.0.0.9:8008", "10.0.0.9", 5432)}), at(2s)));
  CHECK(discovery.nodes()[0].postgres.host == "10.0.0.9");
}

TEST_CASE("a member that answers no longer name leaves, but not while nobody answers", "[discovery]") {
  Discovery discovery;
  (void)discovery.add({pg3}, at(0s));
  CHECK_FALSE(discovery.heard(naming({}), at(59s)));
  CHECK_FALSE(discovery.heard(naming({pg3}), at(500s)));  // nobody was heard for long, then it was named
  CHECK_FALSE(discovery.heard(naming({}), at(560s)));
  CHECK(discovery.heard(naming({}), at(561s)));
  CHECK(discovery.nodes().empty());
}

TEST_CASE("while the cluster is paused, a member that vanishes is kept", "[discovery]") {
  Discovery discovery;
  (void)discovery.add({pg3}, at(0s));
  patroni::ClusterMembers nobody;
  nobody.pause = true;
  CHECK_FALSE(discovery.heard(nobody, at(30s)));
  CHECK_FALSE(discovery.heard(nobody, at(600s)));
  CHECK(discovery.nodes().size() == 1);
  // The pause is over: it has as long as ever to come back.
  CHECK_FALSE(discovery.heard(naming({}), at(660s)));
  CHECK(discovery.heard(naming({}), at(661s)));
}

TEST_CASE("a configured node stands for a discovered one of its name or REST API", "[discovery]") {
  const NodeConfig found = *node_of(pg3);
  NodeConfig other = found;
  other.name = "third";
  NodeConfig same_name = found;
  same_name.api.host = "elsewhere";
  CHECK(join_nodes({other}, {found}).size() == 1);
  CHECK(join_nodes({same_name}, {found}).size() == 1);
  CHECK(join_nodes({}, {found}).size() == 1);
}

}  // namespace
}  // namespace tamada::router
