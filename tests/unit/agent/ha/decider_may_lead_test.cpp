// What must be so before a holder of the lock makes its server writable, and what a leader does about a wish for a change.
#include <catch2/catch.hpp>

#include "tests/unit/agent/ha/decider_facts.h"
#include "tests/unit/agent/ha/lock_holder.h"

namespace tamada::ha {
namespace {

// A standby with the lock, whose timeline's number is taken.
struct Taken : Holder {
  Taken() : Holder(ServerKind::standby) {
    view.revision = 9;
    view.newest_timeline = 2;
    view.timeline_revision = 9;
  }
  static bool promotes(const Step& step) { return begins(step, ActionKind::promote); }
};

struct Leading : Holder {
  Leading() : Holder(ServerKind::primary) {
    tell(view);
    tell(GuardReport{7, true, false});
    pass(1s);
  }
};

}  // namespace

TEST_CASE_METHOD(Taken, "a standby with the lock is promoted when all is ready", "[lead]") {
  ServerView seen = server(ServerKind::standby);
  GuardReport guard{7, true, false};
  bool is_ready = false;
  SECTION("it is") {
    is_ready = true;
  }
  SECTION("not with a guard that is not armed") {
    guard.is_armed = false;
  }
  SECTION("not without knowing whose data these are") {
    seen.system_id.clear();
  }
  SECTION("not on an unknown timeline") {
    seen.timeline = 0;
  }
  SECTION("not before etcd was seen as it was when the lock was taken") {
    view.revision = 6;
    view.leader.reset();
  }
  tell(guard);
  pass(1s);
  seen.as_of = now();
  tell(seen);
  const Step step = look(seen);
  CHECK(promotes(step) == is_ready);
  CHECK(orders<WriteTimeline>(step).empty());
}

TEST_CASE_METHOD(Taken, "an answer to a write makes older views of etcd useless", "[lead]") {
  view.newest_timeline = 0;
  view.timeline_revision = 0;
  tell(GuardReport{7, true, false});
  const auto writes = orders<WriteTimeline>(look(ServerKind::standby));
  REQUIRE(writes.size() == 1);
  pass(1s);
  StoreView seen = view;
  tell(WriteEnded{writes[0].id, WriteEnded::Outcome::done, 12});
  seen.newest_timeline = 2;
  seen.timeline_revision = 9;
  bool is_useful = true;
  SECTION("of the write's revision, although it was asked for before the answer") {
    seen.revision = 12;
    seen.as_of = now() - 1us;
  }
  SECTION("of an earlier revision, asked for with the answer") {
    seen.revision = 11;
    seen.as_of = now();
  }
  SECTION("of an earlier revision, asked for before") {
    seen.revision = 11;
    seen.as_of = now() - 1us;
    is_useful = false;
  }
  CHECK(promotes(tell(seen)) == is_useful);
}

TEST_CASE_METHOD(Leading, "a wish for another leader", "[lead]") {
  const bool is_paused = GENERATE(false, true);
  ClusterSettings settings;
  settings.pause = is_paused;
  tell(settings);
  view.revision = 9;
  view.failover.mod_revision = 9;
  bool is_begun = false;
  bool clears = false;
  SECTION("a fail-over to somebody") {
    view.failover.candidate = "n2";
    is_begun = true;
  }
  SECTION("a switchover from this node") {
    view.failover.leader = "n1";
    view.failover.candidate = "n2";
    is_begun = true;
  }
  SECTION("a switchover from another node, to a third one") {
    view.failover.leader = "n3";
    view.failover.candidate = "n2";
    clears = true;
  }
  SECTION("a fail-over to this node") {
    view.failover.candidate = "n1";
    clears = true;
  }
  SECTION("a switchover from this node to whoever is fit") {
    view.failover.leader = "n1";
    is_begun = !is_paused;
  }
  SECTION("for later") {
    view.failover.candidate = "n2";
    view.failover.is_due = false;
  }
  const Step step = look(ServerKind::primary);
  CHECK(orders<ClearFailover>(step).size() == (clears ? 1 : 0));
  const bool has_begun = name_of(tell(view).row) == name_of(RowId::handing_over) ||
                         name_of(tell(view).row) == name_of(RowId::action_runs) ||
                         !told(step, HaFactKind::switchover_begun).empty();
  CHECK(has_begun == is_begun);
}

}  // namespace tamada::ha
