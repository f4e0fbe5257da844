#include "common/patroni/cluster_members.h"

#include "tests/support/patroni_fixture.h"

using namespace tamada;
using namespace tamada::patroni;

namespace {

ClusterMembers cluster_in(const std::string& fixture) {
  const auto cluster = parse_cluster_members(patroni_fixture(fixture));
  INFO((cluster ? std::string() : cluster.error().message));
  REQUIRE(cluster);
  return *cluster;
}

std::string error_of(std::string_view body) {
  const auto cluster = parse_cluster_members(body);
  REQUIRE_FALSE(cluster);
  return cluster.error().message;
}

// The error of a member that is right but for one more key.
std::string wrong(const std::string& key_and_value) {
  return error_of(R"({"members": [{"name": "a", "role": "leader"}, {"name": "b", "role": "replica", )" +
                  key_and_value + "}]}");
}

}  // namespace

TEST_CASE("the members of Patroni 3.0.2 are read", "[cluster_members]") {
  const ClusterMembers cluster = cluster_in("cluster_3.0.2.json");
  CHECK(cluster.scope.empty());
  CHECK(cluster.pause);
  CHECK_FALSE(cluster.scheduled_switchover);
  REQUIRE(cluster.members.size() == 3);
  REQUIRE(cluster.leader() != nullptr);
  const ClusterMember& leader = *cluster.leader();
  CHECK(leader.name == "patroni1");
  CHECK(leader.state == "running");
  CHECK(leader.api_url == "http://172.20.0.11:8091/patroni");
  CHECK(leader.host == "172.20.0.11");
  CHECK(leader.port == 5432);
  CHECK(leader.timeline == 3);
  CHECK_FALSE(leader.lag);
  const ClusterMember& sync = cluster.members[1];
  CHECK(sync.role == "sync_standby");
  CHECK(sync.lag == 64);
  CHECK(sync.tags.noloadbalance);
  const ClusterMember& new_one = cluster.members[2];
  CHECK(new_one.state == "creating replica");
  CHECK_FALSE(new_one.lag);
  CHECK_FALSE(new_one.timeline);
}

TEST_CASE("the members of Patroni 4.1 are read, with a scheduled switchover", "[cluster_members]") {
  const ClusterMembers cluster = cluster_in("cluster_4.1.json");
  CHECK(cluster.scope == "orders");
  CHECK_FALSE(cluster.pause);
  CHECK(cluster.scheduled_switchover == ScheduledSwitchover{"2025-11-04T03:30:00+00:00", "pg-a", "pg-b"});
  REQUIRE(cluster.members.size() == 3);
  CHECK(cluster.leader()->name == "pg-a");
  CHECK(cluster.leader()->pending_restart);
  CHECK(cluster.members[1].role == "quorum_standby");
  CHECK(cluster.members[1].state == "streaming");
  CHECK(cluster.members[1].port == 5433);
  CHECK(cluster.members[1].lag == 0);
  CHECK_FALSE(cluster.members[2].lag);
}

TEST_CASE("a cluster may have no leader, and no members", "[cluster_members]") {
  CHECK(cluster_in("cluster_3.0.2_no_leader.json").leader() == nullptr);
  const auto empty = parse_cluster_members(R"({"members": []})");
  REQUIRE(empty);
  CHECK(empty->leader() == nullptr);
}

TEST_CASE("a standby leader leads", "[cluster_members]") {
  const auto cluster = parse_cluster_members(R"({"members": [{"name": "a", "role": "standby_leader"}]})");
  REQUIRE(cluster);
  CHECK(cluster->leader()->name == "a");
  CHECK(cluster->leader()->port == 0);
  CHECK(cluster->leader()->api_url.empty());
}

TEST_CASE("a wrong member names its place, the found and the expected", "[cluster_members]") {
  CHECK(error_of("{}") == "cluster: members: missing, expected a list");
  CHECK(error_of(R"({"members": {}})") == "cluster: members: found an object, expected a list");
  CHECK(error_of(R"({"members": [7]})") == "cluster: members[0]: found the number 7, expected an object");
  CHECK(error_of(R"({"members": [{"role": "replica"}]})") ==
        "cluster: members[0].name: missing, expected text");
  CHECK(error_of(R"({"members": [{"name": "a"}]})") == "cluster: members[0].role: missing, expected text");
  CHECK(wrong(R"("lag": "12")") ==
        "cluster: members[1].lag: found the text \"12\", expected a whole number or \"unknown\"");
  CHECK(wrong(R"("lag": -1)").find("cluster: members[1].lag: found the number -1, expected a whole number") ==
        0);
  CHECK(wrong(R"("port": 0)") ==
        "cluster: members[1].port: found the number 0, expected a whole number from 1 to 65535");
  CHECK(wrong(R"("port": 65536)").find("members[1].port: found the number 65536") != std::string::npos);
  CHECK(wrong(R"("port": "5432")").find("members[1].port: found the text \"5432\"") != std::string::npos);
  CHECK(wrong(R"("host": ["x"])") == "cluster: members[1].host: found a list, expected text");
  CHECK(wrong(R"("tags": 1)") == "cluster: members[1].tags: found the number 1, expected an object");
  CHECK(error_of(R"({"members": [], "scheduled_switchover": {"from": "a"}})") ==
        "cluster: scheduled_switchover.at: missing, expected text");
}

TEST_CASE("two members of one name and two leaders are refused", "[cluster_members]") {
  CHECK(error_of(R"({"members": [{"name": "a", "role": "replica"}, {"name": "a", "role": "replica"}]})") ==
        "cluster: members[1].name: another member has the same");
  CHECK(error_of(R"({"members": [{"name": "a", "role": "leader"}, {"name": "b", "role": "leader"}]})") ==
        "cluster: members[1].role: a second leader besides \"a\"");
}

TEST_CASE("a cut body is never half a cluster", "[cluster_members]") {
  const std::string body = patroni_fixture("cluster_4.1.json");
  for (std::size_t size = 0; size <= body.rfind('}'); ++size)
    CHECK_FALSE(parse_cluster_members(body.substr(0, size)));
}

TEST_CASE("a cluster nested without end costs nothing", "[cluster_members]") {
  CHECK(error_of("{\"members\": " + std::string(1'000'000, '[')) == "cluster: nested deeper than 32 levels");
}

TEST_CASE("more members than any cluster has, and names that are too long, are refused",
          "[cluster_members]") {
  std::string members;
  for (std::size_t i = 0; i <= members_max; ++i) {
    members += (i == 0 ? "" : ", ") + (R"({"name": "m)" + std::to_string(i) + R"(", "role": "replica"})");
  }
  const auto many = parse_cluster_members("{\"members\": [" + members + "]}");
  REQUIRE_FALSE(many);
  CHECK(many.error().message == "cluster: members: 257 of them, expected at most 256");
  const auto named =
      parse_cluster_members(R"({"members": [{"role": "leader", "name": ")" + std::string(256, 'n') + "\"}]}");
  REQUIRE_FALSE(named);
  CHECK(named.error().message == "cluster: members[0].name: a text of 256 bytes, expected at most 255");
}
