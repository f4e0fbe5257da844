// NodeTags: what Patroni makes of a node's tags. What is expected is what 4.1.4 does with the same values.
#include "agent/config/node_tags.h"

#include <catch2/catch.hpp>

using namespace tamada::agent;

namespace {

NodeTags tags(const char* text) {
  return NodeTags(tamada::patroni::ConfigValue::parse(text));
}

}  // namespace

TEST_CASE("built-in switches that are off are not shown", "[node_tags]") {
  CHECK(tags(R"({"new_tag": "new_value", "nofailover": false, "noloadbalance": false, "clonefrom": false})")
            .shown()
            .dump() == R"({"new_tag":"new_value"})");
  CHECK(tags(R"({"clonefrom": true, "nosync": false})").shown().dump() == R"({"clonefrom":true})");
}

TEST_CASE("a switch that is off is shown beside its priority", "[node_tags]") {
  CHECK(tags(R"({"failover_priority": "1", "nofailover": false})").shown().dump() ==
        R"({"failover_priority":"1","nofailover":false})");
  CHECK(tags(R"({"sync_priority": 2, "nosync": false})").shown().dump() ==
        R"({"sync_priority":2,"nosync":false})");
}

TEST_CASE("types and order stay", "[node_tags]") {
  const char* text = R"({"z":1,"a":"1","m":true,"k":"true","n":1.5})";
  CHECK(tags(text).shown().dump() == text);
}

TEST_CASE("without tags a node may do everything", "[node_tags]") {
  const NodeTags none;
  CHECK_FALSE(none.nofailover());
  CHECK_FALSE(none.nosync());
  CHECK_FALSE(none.noloadbalance());
  CHECK_FALSE(none.clonefrom());
  CHECK_FALSE(none.nostream());
  CHECK(none.failover_priority() == 1);
  CHECK(none.sync_priority() == 1);
  CHECK(none.replicatefrom().empty());
}

TEST_CASE("a priority of 0 or less is nofailover, and the switch counts before it", "[node_tags]") {
  CHECK(tags(R"({"failover_priority": 0})").nofailover());
  CHECK(tags(R"({"failover_priority": -1})").nofailover());
  CHECK_FALSE(tags(R"({"failover_priority": 2})").nofailover());
  CHECK(tags(R"({"failover_priority": "2"})").failover_priority() == 2);
  CHECK(tags(R"({"failover_priority": 2, "nofailover": true})").failover_priority() == 0);
  CHECK_FALSE(tags(R"({"failover_priority": 0, "nofailover": false})").nofailover());
  CHECK(tags(R"({"sync_priority": 0})").nosync());
  CHECK(tags(R"({"nosync": true, "sync_priority": 5})").sync_priority() == 0);
}

TEST_CASE("a text is true whatever it says, except for nostream", "[node_tags]") {
  CHECK(tags(R"({"nofailover": "false"})").nofailover());
  CHECK(tags(R"({"noloadbalance": "no"})").noloadbalance());
  CHECK(tags(R"({"clonefrom": "0"})").clonefrom());
  CHECK_FALSE(tags(R"({"nostream": "false"})").nostream());
  CHECK(tags(R"({"nostream": "on"})").nostream());
  CHECK_FALSE(tags(R"({"nofailover": null})").nofailover());
}

TEST_CASE("contradictions are told in Patroni's words", "[node_tags]") {
  CHECK(
      tags(R"({"nofailover": true, "failover_priority": 1})").contradictions() ==
      std::vector<std::string>{"Conflicting configuration between nofailover: True and failover_priority: 1. "
                               "Defaulting to nofailover: True"});
  CHECK(tags(R"({"nosync": false, "sync_priority": "0"})").contradictions() ==
        std::vector<std::string>{"Conflicting configuration between nosync: False and sync_priority: 0. "
                                 "Defaulting to nosync: False"});
  CHECK(tags(R"({"nofailover": true, "failover_priority": 0})").contradictions().empty());
  CHECK(tags(R"({"nofailover": false, "failover_priority": 3})").contradictions().empty());
  CHECK(tags(R"({"failover_priority": 0})").contradictions().empty());
}

TEST_CASE("replicatefrom names a node", "[node_tags]") {
  CHECK(tags(R"({"replicatefrom": "node2"})").replicatefrom() == "node2");
  CHECK(tags(R"({"replicatefrom": null})").replicatefrom().empty());
}
