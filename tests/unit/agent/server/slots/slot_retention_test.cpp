#include "agent/server/slots/slot_retention.h"

#include <catch2/catch.hpp>

#include "tests/unit/agent/server/slots/slot_cluster.h"

using namespace tamada;
using namespace tamada::agent;
using Names = std::vector<std::string>;

namespace {

struct Retaining : SlotCluster {
  Retaining() { shared.member_slots_ttl = 60s; }
  Names at(Duration time, const std::set<std::string>& slots = {"pg1", "pg2", "pg3"},
           const std::set<std::string>& ignored = {}) {
    return retention.update(now(), shared, slots, ignored, TimePoint(time));
  }
  Names kept() { return retention.names(); }
  bool remembers(const std::string& name) { return retention.remembered(now()).contains(name); }

  SlotRetention retention;
};

}  // namespace

TEST_CASE_METHOD(Retaining, "a member's slot is kept for a time after its key has gone", "[slots]") {
  CHECK(at(0s).empty());
  CHECK(kept() == Names{"pg1", "pg2", "pg3"});
  gone("pg3");
  CHECK(at(59s).empty());
  CHECK(remembers("pg3"));
  CHECK(at(60s) == Names{"pg3"});
  CHECK_FALSE(remembers("pg3"));
  CHECK(kept() == Names{"pg1", "pg2"});
}

TEST_CASE_METHOD(Retaining, "what the leader has published itself it does not keep for ever", "[slots]") {
  status({}, {"pg3"});
  CHECK(at(0s).empty());
  gone("pg3");
  CHECK(at(60s) == Names{"pg3"});
  CHECK(at(61s).empty());
  CHECK_FALSE(remembers("pg3"));
}

TEST_CASE_METHOD(Retaining, "a new leader takes over what the former one published, its time begins anew",
                 "[slots]") {
  as_replica("pg2");
  wanted.leader = "pg1";
  status({}, {"away"});
  (void)at(0s);
  CHECK(remembers("away"));
  CHECK(kept() == Names{"pg1", "pg2", "pg3"});
  gone("pg3");
  (void)at(50s);
  wanted.is_leader = true;
  remove("status");
  CHECK(at(55s).empty());
  status({}, {"away", "no slot's name"});
  CHECK(at(56s).empty());
  CHECK(kept() == Names{"away", "pg1", "pg2", "pg3"});
  CHECK(at(114s).empty());
  CHECK(at(116s) == Names{"away", "pg3"});
}

TEST_CASE_METHOD(Retaining, "a replica remembers a member although its leader publishes nothing", "[slots]") {
  as_replica("pg2");
  (void)at(0s);
  gone("pg1");
  (void)at(10s);
  CHECK(remembers("pg1"));
  CHECK(at(60s) == Names{"pg1"});
}

TEST_CASE_METHOD(Retaining,
                 "where nobody has published anything the slots that are found are kept for a time",
                 "[slots]") {
  // As a leader that took over from a Patroni before 4.0, and whose members are not back yet.
  gone("pg2");
  gone("pg3");
  CHECK(at(0s, {"pg1", "pg2", "pg3", "backups"}, {"backups"}).empty());
  CHECK(kept() == Names{"pg1", "pg2", "pg3"});
  member("pg2");
  CHECK(at(59s).empty());
  CHECK(at(60s) == Names{"pg3"});
  // Of one that comes later it is known that no member had it.
  (void)at(61s, {"pg1", "pg2", "later"});
  CHECK_FALSE(remembers("later"));
}

TEST_CASE_METHOD(Retaining, "what the former leader has published tells whose slots they are", "[slots]") {
  gone("pg3");
  status({}, {"pg1", "pg2"});
  CHECK(at(0s).empty());
  CHECK_FALSE(remembers("pg3"));
}

TEST_CASE_METHOD(Retaining, "without a status the slots that are found are kept, too", "[slots]") {
  gone("pg3");
  remove("status");
  CHECK(at(0s).empty());
  status({}, {"pg1", "pg2"});  // of this node itself
  CHECK(at(1s).empty());
  CHECK(remembers("pg3"));
}

TEST_CASE_METHOD(Retaining, "in pause no time passes", "[slots]") {
  (void)at(0s);
  gone("pg3");
  wanted.is_paused = true;
  CHECK(at(100s).empty());
  wanted.is_paused = false;
  CHECK(at(159s).empty());
  CHECK(at(160s) == Names{"pg3"});
}

TEST_CASE_METHOD(Retaining, "permanent slots and nostream members are not retained", "[slots]") {
  shared.slots = {permanent("pg2")};
  member("pg3", {{"nostream", true}});
  (void)at(0s);
  CHECK(kept() == Names{"pg1"});
  shared.member_slots_ttl = 0s;
  CHECK(at(1s).empty());
  CHECK(kept().empty());
}
