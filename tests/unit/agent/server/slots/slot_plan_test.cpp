#include "agent/server/slots/slot_plan.h"

#include <catch2/catch.hpp>

#include "tests/unit/agent/server/slots/slot_cluster.h"

using namespace tamada;
using namespace tamada::agent;
using Names = std::vector<std::string>;
using Drops = std::vector<SlotDrop>;
using Advances = std::vector<SlotAdvance>;
using Why = SlotDrop::Why;

TEST_CASE("missing slots are made, unknown ones dropped", "[slots]") {
  SlotCluster cluster;
  const SlotPlan plan = cluster.plan({physical("old"), physical("pg2"), logical("stray")});
  CHECK(plan.creates == Names{"pg3"});
  CHECK(plan.drops == Drops{{"old", Why::unknown}, {"stray", Why::unknown}});
  CHECK(plan.advances.empty());
}

TEST_CASE("what is needed, used or somebody else's is not dropped", "[slots]") {
  SlotCluster cluster;
  std::vector<SlotStatus> slots{physical("old")};
  SECTION("in use") {
    slots[0].is_active = true;
  }
  SECTION("of a base backup that runs") {
    slots[0].is_temporary = true;
  }
  SECTION("ignored by name") {
    cluster.shared.ignore_slots = {ignored("old")};
  }
  SECTION("ignored by type") {
    cluster.shared.ignore_slots = {{{}, "physical", {}, {}}};
  }
  SECTION("ignored by all that a logical one is") {
    slots = {logical("old", "wal2json")};
    cluster.shared.ignore_slots = {{"old", "logical", "postgres", "wal2json"}};
  }
  SECTION("a condition that is none ignores all") {
    cluster.shared.ignore_slots = {patroni::IgnoredSlot{}};
  }
  SECTION("a permanent logical one") {
    slots = {logical("old")};
    cluster.shared.slots = {permanent_logical("old")};
  }
  SECTION("synchronized by the servers themselves") {
    slots = {logical("old")};
    slots[0].is_failover = true;
  }
  SECTION("in pause") {
    cluster.wanted.is_paused = true;
  }
  SECTION("of a leader that is not promoted yet") {
    cluster.in_recovery = true;
  }
  SECTION("among more members than can be counted") {
    for (int i = 1000; i < 1260; ++i) cluster.member("other" + std::to_string(i));
    CHECK(cluster.plan(slots).drops.empty());
    return;
  }
  SECTION("without a leader") {
    cluster.wanted.leader = "";
  }
  SECTION("without a configuration") {
    cluster.remove("config");
  }
  SECTION("with one that cannot be read") {
    cluster.put("config", "[1]");
  }
  SECTION("without a status") {
    cluster.remove("status");
  }
  SECTION("with one that cannot be read") {
    cluster.put("status", "{nonsense");
  }
  SECTION("a primary that has lost the lock") {
    cluster.as_replica("pg1");
    cluster.wanted.leader = "pg2";
    cluster.in_recovery = false;
  }
  CHECK(cluster.plan(slots).drops.empty());
  CHECK(cluster.plan(slots).creates == Names{"pg2", "pg3"});
}

TEST_CASE("a matcher that fits in part only ignores nothing", "[slots]") {
  SlotCluster cluster;
  cluster.shared.ignore_slots = {
      {"old", "logical", "postgres", "test_decoding"}, ignored("other"), {{}, "physical", {}, {}}};
  CHECK(cluster.plan({logical("old")}).drops == Drops{{"old", Why::unknown}});
}

TEST_CASE("slots that nobody uses here are moved, forward only", "[slots]") {
  SlotCluster cluster;
  cluster.as_replica("pg2");
  cluster.status({{"pg1", 900}, {"pg3", 700}});
  CHECK(cluster.plan({physical("pg1", 100), physical("pg3", 700)}).advances == Advances{{"pg1", 900}});
  SlotStatus used = physical("pg1", 100);
  used.is_active = true;
  CHECK(cluster.plan({used, physical("pg3", 800)}).advances.empty());
}

TEST_CASE("on the leader a slot that its member uses is not moved, a cascading one's is", "[slots]") {
  SlotCluster cluster;
  cluster.status({{"pg2", 900}, {"pg3", 900}});
  cluster.member("pg3", {{"replicatefrom", "pg2"}}, 950);
  CHECK(cluster.plan({physical("pg2"), physical("pg3")}).advances == Advances{{"pg3", 950}});
}

TEST_CASE("a slot that holds rows back where nobody connects is made anew", "[slots]") {
  SlotCluster cluster;
  cluster.as_replica("pg2");
  SlotStatus slot = physical("pg3");
  slot.has_xmin = true;
  const std::vector<SlotStatus> slots{physical("pg1"), slot};
  const SlotPlan anew{{{"pg3", Why::xmin}}, {"pg3"}, {}};

  CHECK(cluster.plan(slots) == anew);
  SECTION("on its leader it is what its member said") {
    cluster.as_replica("pg1");
    cluster.wanted.is_leader = true;
    cluster.in_recovery = false;
    CHECK(cluster.plan({physical("pg2"), slot}) == SlotPlan{});
  }
  SECTION("not while nobody leads, nor in pause") {
    cluster.wanted.is_paused = true;
    CHECK(cluster.plan(slots) == SlotPlan{});
    cluster.wanted.is_paused = false;
    cluster.wanted.leader = "";
    CHECK(cluster.plan(slots) == SlotPlan{});
  }
  SECTION("not before the new leader is promoted") {
    cluster.member("pg3", {{"replicatefrom", "pg1"}});
    cluster.wanted.is_leader = true;
    cluster.wanted.leader = "pg2";
    CHECK(cluster.plan(slots) == SlotPlan{});
    cluster.in_recovery = false;
    CHECK(cluster.plan(slots) == anew);
  }
  SECTION("not of a member that is away") {
    cluster.gone("pg3");
    cluster.remembered = {"pg3"};
    CHECK(cluster.plan(slots) == SlotPlan{});
  }
}

TEST_CASE("slots that are of no use as they are are made anew", "[slots]") {
  SlotCluster cluster;
  SECTION("a logical one with a member's name") {
    CHECK(cluster.plan({logical("pg2"), physical("pg3")}) ==
          SlotPlan{{{"pg2", Why::other_type}}, {"pg2"}, {}});
    cluster.wanted.is_paused = true;
    CHECK(cluster.plan({logical("pg2"), physical("pg3")}) == SlotPlan{});
  }
  SECTION("one whose log is gone") {
    SlotStatus lost = physical("pg2", 0);
    lost.wal_status = "lost";
    CHECK(cluster.plan({lost, physical("pg3")}) == SlotPlan{{{"pg2", Why::lost}}, {"pg2"}, {}});
  }
  SECTION("one that reserves nothing, where nobody connects") {
    CHECK(cluster.plan({physical("pg2", 0), physical("pg3")}) == SlotPlan{});
    cluster.as_replica("pg2");
    CHECK(cluster.plan({physical("pg1"), physical("pg3", 0)}) ==
          SlotPlan{{{"pg3", Why::no_position}}, {"pg3"}, {}});
  }
}

TEST_CASE("the leader publishes where its slots are, and itself", "[slots]") {
  using Positions = std::map<std::string, std::uint64_t>;
  SlotCluster cluster;
  cluster.shared.slots = {permanent("backup"), permanent_logical("cdc")};
  ServerStatus status;
  status.flushed = 1000;
  status.slots = {physical("backup", 10), logical("cdc"), physical("pg2", 20), physical("pg3", 0),
                  physical("stray", 30)};
  const auto positions = [&] {
    const SlotWishes wishes = cluster.wishes();
    return slot_positions({cluster.wanted, cluster.shared, cluster.tags, false, cluster.remembered}, wishes,
                          status);
  };
  CHECK(positions() == Positions{{"backup", 10}, {"cdc", 100}, {"pg1", 1000}, {"pg2", 20}});
  cluster.shared.member_slots_ttl = 0s;
  CHECK(positions() == Positions{{"backup", 10}, {"cdc", 100}});
  cluster.shared.slots.push_back(permanent("pg1"));
  CHECK(positions() == Positions{{"backup", 10}, {"cdc", 100}, {"pg1", 1000}});
  cluster.shared.use_slots = false;
  CHECK(positions().empty());
}

TEST_CASE("a slot that keeps a standby from synchronizing the leader's is dropped", "[slots]") {
  SlotCluster cluster;
  SlotStatus slot = logical("cdc");
  slot.is_failover = true;
  CHECK(cluster.plan({slot}).drops.empty());
  cluster.as_replica("pg2");
  CHECK(cluster.plan({slot}).drops == Drops{{"cdc", Why::not_synced}});
  slot.is_synced = true;
  CHECK(cluster.plan({slot}).drops.empty());
}
