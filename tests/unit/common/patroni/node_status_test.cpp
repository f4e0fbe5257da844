#include "common/patroni/node_status.h"

#include "common/json/json_reader.h"
#include "tests/support/patroni_fixture.h"

using namespace tamada;
using namespace tamada::patroni;

namespace {

NodeStatus status_in(const std::string& fixture) {
  const auto status = parse_node_status(patroni_fixture(fixture));
  INFO((status ? std::string() : status.error().message));
  REQUIRE(status);
  return *status;
}

// The error of a status that is right but for one more key.
std::string wrong(const std::string& key_and_value) {
  const auto status = parse_node_status(R"({"state": "running", "role": "replica", )" + key_and_value + "}");
  REQUIRE_FALSE(status);
  return status.error().message;
}

std::string error_of(std::string_view body) {
  const auto status = parse_node_status(body);
  REQUIRE_FALSE(status);
  return status.error().message;
}

}  // namespace

TEST_CASE("a leader of Patroni 3.0.2 is read", "[node_status]") {
  const NodeStatus status = status_in("status_3.0.2_leader.json");
  CHECK(status.is_running());
  CHECK(status.role_text == "master");
  CHECK(status.role == NodeRole::primary);
  CHECK(status.timeline == 3);
  CHECK(status.location == 67109184);
  CHECK_FALSE(status.received_location);
  CHECK_FALSE(status.replayed_location);
  CHECK(status.replication_state.empty());
  CHECK(status.server_version == 150006);
  CHECK(status.dcs_last_seen == 1710148402);
  CHECK(status.postmaster_start_time == "2024-03-11 09:12:44.318273+00:00");
  CHECK(status.system_identifier == "7344918273645019283");
  CHECK(status.patroni_version == "3.0.2");
  CHECK(status.scope == "demo");
  CHECK(status.name.empty());
  CHECK_FALSE((status.pause || status.cluster_unlocked || status.pending_restart || status.sync_standby));
  CHECK(status.tags == PatroniTags{});
}

TEST_CASE("a replica of Patroni 3.0.2 is read, tags as Patroni compares them", "[node_status]") {
  const NodeStatus status = status_in("status_3.0.2_replica.json");
  CHECK(status.role == NodeRole::replica);
  CHECK_FALSE(status.location);
  CHECK(status.received_location == 67109184);
  CHECK(status.replayed_location == 67109120);
  CHECK(status.sync_standby);
  CHECK_FALSE(status.quorum_standby);
  CHECK(status.pause);
  CHECK(status.pending_restart);
  CHECK(status.tags.noloadbalance);
  CHECK_FALSE(status.tags.nofailover);
  CHECK(status.tags.has("datacenter", "Nord"));
  CHECK(status.tags.has("weight", "10"));
  CHECK(status.tags.has("ssd", "false"));
  CHECK(status.tags.has("ratio", "1.5"));
  CHECK(status.tags.has("noloadbalance", "true"));
  CHECK_FALSE(status.tags.has("datacenter", "nord"));
  CHECK_FALSE(status.tags.has("rack", ""));
}

TEST_CASE("a node whose SQL failed, and one that has no database yet, are read", "[node_status]") {
  const NodeStatus slow = status_in("status_3.0.2_sql_failed.json");
  CHECK(slow.state == "unknown");
  CHECK_FALSE(slow.is_running());
  CHECK(slow.role == NodeRole::primary);
  CHECK_FALSE(slow.timeline);
  CHECK_FALSE(slow.location);
  const NodeStatus fresh = status_in("status_3.0.2_uninitialized.json");
  CHECK(fresh.state == "initializing new cluster");
  CHECK(fresh.role == NodeRole::uninitialized);
  CHECK(fresh.cluster_unlocked);
  CHECK(fresh.dcs_last_seen == 0);
  CHECK(fresh.system_identifier.empty());
}

TEST_CASE("the nodes of Patroni 4.1 are read", "[node_status]") {
  const NodeStatus leader = status_in("status_4.1_leader.json");
  CHECK(leader.role_text == "primary");
  CHECK(leader.role == NodeRole::primary);
  CHECK(leader.location == 5368709120120);
  CHECK(leader.name == "pg-a");
  CHECK(leader.pending_restart);
  const NodeStatus replica = status_in("status_4.1_replica.json");
  CHECK(replica.replication_state == "streaming");
  CHECK(replica.quorum_standby);
  CHECK(replica.failsafe_mode_is_active);
  CHECK(replica.tags.clonefrom);
  CHECK(replica.tags.has("failover_priority", "2"));
  const NodeStatus starting = status_in("status_4.1_starting.json");
  CHECK(starting.state == "starting");
  CHECK_FALSE(starting.timeline);
  const NodeStatus standby = status_in("status_4.1_standby_leader.json");
  CHECK(standby.role == NodeRole::standby_leader);
  CHECK(standby.replication_state == "in archive recovery");
}

TEST_CASE("every word of a role is known, and a new one is kept but fit for nothing", "[node_status]") {
  CHECK(node_role("primary") == NodeRole::primary);
  CHECK(node_role("master") == NodeRole::primary);
  for (const NodeRole role : {NodeRole::primary, NodeRole::replica, NodeRole::standby_leader,
                              NodeRole::demoted, NodeRole::promoted, NodeRole::uninitialized}) {
    CHECK(node_role(name_of(role)) == role);
  }
  CHECK(node_role("Primary") == NodeRole::unknown);
  CHECK(node_role("unknown") == NodeRole::unknown);
  CHECK(name_of(NodeRole::unknown) == "unknown");
  const auto status = parse_node_status(R"({"state": "running", "role": "witness"})");
  REQUIRE(status);
  CHECK(status->role == NodeRole::unknown);
  CHECK(status->role_text == "witness");
}

TEST_CASE("a body cut anywhere is an error, never half a status", "[node_status]") {
  const std::string body = patroni_fixture("status_3.0.2_replica.json");
  const auto end = body.rfind('}');
  for (std::size_t size = 0; size <= end; ++size) {
    INFO("cut after " << size << " bytes");
    CHECK_FALSE(parse_node_status(body.substr(0, size)));
  }
  CHECK(parse_node_status(body.substr(0, end + 1)));
}

TEST_CASE("a wrong type names the key, the found and the expected", "[node_status]") {
  CHECK(error_of(R"({"state": "running", "role": 7})") ==
        "node status: role: found the number 7, expected text");
  CHECK(error_of(R"({"role": "replica"})") == "node status: state: missing, expected text");
  CHECK(error_of(R"({"state": null, "role": "replica"})") == "node status: state: missing, expected text");
  CHECK(error_of(R"({"state": "", "role": "replica"})") == "node status: state: empty, expected text");
  CHECK(wrong(R"("timeline": "7")") ==
        "node status: timeline: found the text \"7\", expected a whole number from 0 to 4294967295");
  CHECK(wrong(R"("timeline": 4294967296)").find("timeline: found the number 4294967296") !=
        std::string::npos);
  CHECK(wrong(R"("timeline": -1)").find("timeline: found the number -1") != std::string::npos);
  CHECK(wrong(R"("timeline": 1.0)").find("timeline: found the number 1.0") != std::string::npos);
  CHECK(wrong(R"("xlog": [])") == "node status: xlog: found a list, expected an object");
  CHECK(wrong(R"("xlog": {"replayed_location": true})") ==
        "node status: xlog.replayed_location: found true, expected a whole number from 0 to "
        "18446744073709551615");
  CHECK(wrong(R"("pause": "yes")") == "node status: pause: found the text \"yes\", expected true or false");
  CHECK(wrong(R"("patroni": {"name": {}})") == "node status: patroni.name: found an object, expected text");
  CHECK(wrong(R"("tags": "x")") == "node status: tags: found the text \"x\", expected an object");
  CHECK(
      wrong(R"("database_system_identifier": 73449)").find("database_system_identifier: found the number") !=
      std::string::npos);
}

TEST_CASE("the first wrong key is the one that is told", "[node_status]") {
  CHECK(wrong(R"("pause": 1, "timeline": [])").find("timeline: found a list") != std::string::npos);
}

TEST_CASE("text that could forge a log line is refused", "[node_status]") {
  CHECK(error_of("{\"state\": \"running\\nlevel=error\", \"role\": \"replica\"}") ==
        "node status: state: found the text \"running\\x0alevel=error\", expected text without control "
        "characters");
  CHECK(wrong(R"("tags": {"a": "\u0000"})").find("tags.a: found the text \"\\x00\"") != std::string::npos);
  CHECK(wrong(R"("tags": {"a\u001b": 1})").find("tags.a\\x1b: not a usable name of a tag") !=
        std::string::npos);
  CHECK(wrong(R"("replication_state": ")" + std::string(256, 'x') + "\"") ==
        "node status: replication_state: a text of 256 bytes, expected at most 255");
}

TEST_CASE("null is absent, unknown keys are ignored", "[node_status]") {
  const auto status = parse_node_status(
      R"({"state": "running", "role": "replica", "timeline": null, "tags": null, "xlog": null, "pause": null,
          "patroni": null, "replication_state": null, "of_the_future": [{"deep": [1, 2.5, null]}]})");
  REQUIRE(status);
  NodeStatus expected;
  expected.state = "running";
  expected.role = NodeRole::replica;
  expected.role_text = "replica";
  CHECK(*status == expected);
}

TEST_CASE("a tag's flag is true as Python sees it", "[node_status]") {
  const auto tags = [](const std::string& value) {
    return parse_node_status(R"({"state": "running", "role": "replica", "tags": {"noloadbalance": )" + value +
                             "}}")
        ->tags;
  };
  for (const char* yes : {"true", "1", "\"false\"", "[0]", "0.5", "-1"}) CHECK(tags(yes).noloadbalance);
  for (const char* no : {"false", "0", "\"\"", "[]", "{}", "null", "0.0"})
    CHECK_FALSE(tags(no).noloadbalance);
  CHECK(tags("[1]").values.empty());
  CHECK(tags("null").values.empty());
}

TEST_CASE("what is not a JSON object is refused with a helping word", "[node_status]") {
  CHECK(error_of("") == "node status: the body is empty");
  CHECK(error_of("<html>502</html>") == "node status: not JSON at byte 1 (near \"<\")");
  CHECK(error_of("[1, 2]") == "node status: found a list, expected a JSON object");
  CHECK(error_of("7") == "node status: found the number 7, expected a JSON object");
  CHECK(error_of(R"({"state": "a"} {"state": "b"})").find("node status: not JSON at byte 16") == 0);
  CHECK(error_of("{\"state\": \"\xff\"}").find("node status: not JSON at byte") == 0);
  CHECK(error_of(R"({"timeline": 1e999})").find("node status: not JSON at byte") == 0);
}

TEST_CASE("a key given twice is refused, wherever it stands", "[node_status]") {
  CHECK(error_of(R"({"state": "running", "role": "replica", "role": "master"})") ==
        "node status: \"role\" is given twice in one object");
  CHECK(wrong(R"("future": [{"x": 1, "x": 1}])") == "node status: \"x\" is given twice in one object");
}

TEST_CASE("depth, size and number of values are bounded", "[node_status]") {
  CHECK(error_of(std::string(1'000'000, '[')) == "node status: nested deeper than 32 levels");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  CHECK(error_of(objects) == "node status: nested deeper than 32 levels");
  const auto big = parse_node_status(std::string(JsonLimits{}.size + 1, ' '));
  REQUIRE_FALSE(big);
  CHECK(big.error() == Error{ErrorKind::too_large, "node status: 1048577 bytes, expected at most 1048576"});
  std::string many = "0";
  for (int i = 0; i < 60'000; ++i) many += ",0";
  CHECK(wrong(R"("x": [)" + many + "]") == "node status: more than 50000 values");
}

TEST_CASE("32 levels are enough and are read", "[node_status]") {
  const std::string deep = std::string(31, '[') + std::string(31, ']');
  CHECK(parse_node_status(R"({"state": "running", "role": "replica", "x": )" + deep + "}"));
  CHECK_FALSE(parse_node_status(R"({"state": "running", "role": "replica", "x": [)" + deep + "]}"));
}

TEST_CASE("a name, a role, a state or a tag that is too long is refused, with its length", "[node_status]") {
  const std::string long_name(1'400'000 / 2, 'n');
  CHECK(wrong(R"("patroni": {"name": ")" + long_name + "\"}") ==
        "node status: patroni.name: a text of 700000 bytes, expected at most 255");
  CHECK(error_of(R"({"state": ")" + std::string(256, 's') + R"(", "role": "replica"})") ==
        "node status: state: a text of 256 bytes, expected at most 255");
  CHECK(error_of(R"({"state": "running", "role": ")" + std::string(256, 'r') + "\"}") ==
        "node status: role: a text of 256 bytes, expected at most 255");
  CHECK(wrong(R"("tags": {"dc": ")" + std::string(256, 'v') + "\"}") ==
        "node status: tags.dc: a text of 256 bytes, expected at most 255");
  CHECK(wrong(R"("tags": {")" + std::string(256, 'k') + R"(": 1})").find("not a usable name of a tag") !=
        std::string::npos);
  CHECK(parse_node_status(R"({"state": "running", "role": "replica", "patroni": {"name": ")" +
                          std::string(255, 'n') + "\"}}"));
}

TEST_CASE("more tags than anybody has are refused", "[node_status]") {
  std::string tags;
  for (std::size_t i = 0; i <= tags_max; ++i)
    tags += (i == 0 ? "\"t" : ", \"t") + std::to_string(i) + "\": 1";
  CHECK(wrong("\"tags\": {" + tags + "}") == "node status: tags: 101 tags, expected at most 100");
}
