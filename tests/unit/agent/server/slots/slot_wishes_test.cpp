#include "agent/server/slots/slot_wishes.h"

#include <catch2/catch.hpp>

#include "tests/unit/agent/server/slots/slot_cluster.h"

using namespace tamada;
using namespace tamada::agent;
using Names = std::vector<std::string>;
using Use = SlotWish::Use;

TEST_CASE("the leader has a slot for each other member, expected to be used", "[slots]") {
  SlotCluster cluster;
  cluster.member("PG-4.Example");
  CHECK(cluster.names() == Names{"pg2", "pg3", "pg_4_example"});
  CHECK(cluster.wishes().physical["pg2"].use == Use::streaming);
  CHECK(cluster.wishes().problems.empty());
}

TEST_CASE("a replica has the slots of a leader, moved to where they are there", "[slots]") {
  SlotCluster cluster;
  cluster.as_replica("pg2");
  cluster.status({{"pg1", 900}, {"pg2", 800}, {"pg3", 700}});
  const auto wishes = cluster.wishes().physical;
  CHECK(cluster.names() == Names{"pg1", "pg3"});
  CHECK(wishes.at("pg1") == SlotWish{Use::idle, 900});
  CHECK(wishes.at("pg3") == SlotWish{Use::idle, 700});
}

TEST_CASE("what was told past the silent store counts where it is further", "[slots]") {
  SlotCluster cluster;
  cluster.as_replica("pg2");
  cluster.status({{"pg1", 900}, {"pg3", 700}});
  cluster.wanted.pushed = {{"pg1", 950}, {"pg3", 600}};
  CHECK(cluster.wishes().physical["pg1"].position == 950);
  CHECK(cluster.wishes().physical["pg3"].position == 700);
}

TEST_CASE("a node never has a slot for itself, whatever its name is written like", "[slots]") {
  SlotCluster cluster;
  cluster.wanted.self = "PG-1.Example";
  cluster.wanted.leader = "PG-1.Example";
  cluster.gone("pg1");
  cluster.member("PG-1.Example");
  cluster.shared.slots = {permanent("pg_1_example")};
  cluster.remembered = {"pg_1_example"};
  CHECK(cluster.names() == Names{"pg2", "pg3"});
}

TEST_CASE("a member that does not stream has no slot anywhere", "[slots]") {
  SlotCluster cluster;
  cluster.member("pg3", {{"nostream", true}});
  CHECK(cluster.names() == Names{"pg2"});
  cluster.remembered = {"pg3"};
  CHECK(cluster.names() == Names{"pg2"});
  cluster.member("pg3", {{"nostream", true}, {"replicatefrom", "pg2"}});
  cluster.as_replica("pg2");
  CHECK(cluster.names() == Names{"pg1"});
}

TEST_CASE("a cascading member is expected where its tag says, while that one is there", "[slots]") {
  SlotCluster cluster;
  cluster.member("pg3", {{"replicatefrom", "pg2"}}, 950);
  cluster.status({{"pg3", 700}});
  // On the leader its slot follows what the member says of itself.
  CHECK(cluster.wishes().physical["pg3"] == SlotWish{Use::idle, 950});

  SECTION("on that replica it is used") {
    cluster.as_replica("pg2");
    CHECK(cluster.wishes().physical["pg3"].use == Use::streaming);
  }
  SECTION("on another replica it is not") {
    cluster.member("pg4");
    cluster.as_replica("pg4");
    CHECK(cluster.wishes().physical["pg3"] == SlotWish{Use::idle, 950});
  }
  SECTION("the named one is gone: the leader serves it") {
    cluster.gone("pg2");
    CHECK(cluster.wishes().physical["pg3"].use == Use::streaming);
  }
  SECTION("the named one leads") {
    cluster.member("pg3", {{"replicatefrom", "pg1"}});
    CHECK(cluster.wishes().physical["pg3"].use == Use::streaming);
  }
  SECTION("without retention only those who serve it have the slot") {
    cluster.shared.member_slots_ttl = 0s;
    CHECK(cluster.names() == Names{"pg2"});
    cluster.as_replica("pg2");
    CHECK(cluster.names() == Names{"pg3"});
    cluster.gone("pg2");
    cluster.member("pg2");
    cluster.as_replica("pg3");
    CHECK(cluster.names().empty());
  }
}

TEST_CASE("a node that may not lead serves only those that name it", "[slots]") {
  SlotCluster cluster;
  cluster.tags = NodeTags(Json{{"nofailover", true}});
  cluster.shared.slots = {permanent("permanent")};
  cluster.remembered = {"away"};
  cluster.member("pg3", {{"replicatefrom", "pg2"}});
  SECTION("as a replica") {
    cluster.as_replica("pg2");
    cluster.remembered = {};
    CHECK(cluster.names() == Names{"pg3"});
  }
  SECTION("but once it leads, everybody") {
    CHECK(cluster.names() == Names{"away", "permanent", "pg2", "pg3"});
  }
}

TEST_CASE("slots of absent members are kept, those that are here have what they should", "[slots]") {
  SlotCluster cluster;
  cluster.status({{"away", 500}});
  cluster.remembered = {"away", "pg2"};
  CHECK(cluster.names() == Names{"away", "pg2", "pg3"});
  CHECK(cluster.wishes().physical["away"] == SlotWish{Use::unknown, 500});
  cluster.shared.member_slots_ttl = 0s;
  CHECK(cluster.names() == Names{"pg2", "pg3"});
}

TEST_CASE("permanent physical slots are on every node, logical ones are left alone", "[slots]") {
  SlotCluster cluster;
  cluster.shared.slots = {permanent("backup"), permanent_logical("cdc"), permanent("there", "standby"),
                          permanent("here", "primary")};
  cluster.status({{"backup", 600}});
  auto wishes = cluster.wishes();
  CHECK(cluster.names() == Names{"backup", "here", "pg2", "pg3"});
  CHECK(wishes.physical["backup"].use == Use::streaming);
  CHECK(wishes.left_alone == std::set<std::string>{"cdc"});
  CHECK(wishes.permanent == std::set<std::string>{"backup", "here"});
  cluster.as_replica("pg2");
  wishes = cluster.wishes();
  CHECK(wishes.physical["backup"] == SlotWish{Use::idle, 600});
  cluster.shared.standby_cluster = true;
  CHECK(cluster.names() == Names{"backup", "pg1", "pg3", "there"});
}

TEST_CASE("a permanent slot of a cascading member is moved on the leader", "[slots]") {
  SlotCluster cluster;
  cluster.shared.member_slots_ttl = 0s;
  cluster.shared.slots = {permanent("pg3")};
  cluster.member("pg3", {{"replicatefrom", "pg2"}}, 950);
  CHECK(cluster.wishes().physical["pg3"] == SlotWish{Use::idle, 950});
}

TEST_CASE("a leader before Patroni 4 tells no positions of members: they do themselves", "[slots]") {
  SlotCluster cluster;
  cluster.member("pg3", Json::object(), 750);
  cluster.as_replica("pg2");
  CHECK(cluster.wishes().physical["pg3"].position == 0);
  cluster.version = "3.0.2";
  cluster.member("pg1");
  CHECK(cluster.wishes().physical["pg3"].position == 750);
}

TEST_CASE("members whose slot has one name are told, and it is not moved", "[slots]") {
  SlotCluster cluster;
  cluster.member("PG-9");
  cluster.member("pg_9");
  cluster.status({{"pg_9", 500}});
  cluster.as_replica("pg2");
  const auto wishes = cluster.wishes();
  CHECK(wishes.problems ==
        Names{"Following cluster members share a replication slot name: PG-9, pg_9 map to pg_9"});
  CHECK(wishes.physical.at("pg_9").position == 0);
}

TEST_CASE("a primary without the lock keeps the slots of a leader", "[slots]") {
  SlotCluster cluster;
  cluster.as_replica("pg1");
  cluster.in_recovery = false;
  cluster.wanted.leader = "";
  CHECK(cluster.names() == Names{"pg2", "pg3"});
  CHECK(cluster.wishes().physical["pg2"].use == Use::streaming);
}

TEST_CASE("without use_slots nobody wants one", "[slots]") {
  SlotCluster cluster;
  cluster.shared.use_slots = false;
  cluster.shared.slots = {permanent("backup")};
  CHECK(cluster.names().empty());
}
