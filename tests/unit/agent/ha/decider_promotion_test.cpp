// What has to be so before a node that has the lock promotes its server.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "tests/unit/agent/ha/lock_holder.h"

namespace tamada::ha {
namespace {

struct Promoting : Holder {
  Promoting() : Holder(ServerKind::standby) {}
  Step see() {
    tell(GuardReport{7, true, false});
    return look(ServerKind::standby);
  }
};

}  // namespace

TEST_CASE_METHOD(Promoting, "the number of a timeline is taken in etcd before the promotion", "[leader]") {
  std::uint32_t expected = 2;
  SECTION("nothing newer is known") {}
  SECTION("by the history") {
    view.last_history_timeline = 4;
    expected = 6;
  }
  SECTION("by a member") {
    view.members[1].timeline = 9;
    expected = 10;
  }
  SECTION("by what was taken under another lock") {
    view.newest_timeline = 5;
    view.timeline_revision = 6;
    expected = 6;
  }
  SECTION("by a key that is not newer than the server") {
    view.newest_timeline = 1;
    view.timeline_revision = 8;
  }
  const Step step = see();
  CHECK_FALSE(begins(step, ActionKind::promote));
  const auto writes = orders<WriteTimeline>(step);
  REQUIRE(writes.size() == 1);
  CHECK(writes[0].timeline == expected);
  CHECK(writes[0].expected == view.timeline_revision);
  CHECK(orders<WriteTimeline>(see()).empty());  // it is on its way

  pass(1s);
  view.newest_timeline = expected;
  view.timeline_revision = view.revision = 9;
  tell(WriteEnded{writes[0].id, WriteEnded::Outcome::done, 9});
  const auto begun = orders<BeginAction>(see());
  REQUIRE(begun.size() == 1);
  CHECK(begun[0].action.kind == ActionKind::promote);
  CHECK(begun[0].action.timeline == expected);
}

TEST_CASE_METHOD(Promoting, "a number that was taken with the lock or later is promoted to", "[leader]") {
  view.newest_timeline = 2;
  view.timeline_revision = 7;
  CHECK(begins(see(), ActionKind::promote));
}

TEST_CASE_METHOD(Promoting, "nothing is promoted of which something is not known", "[leader]") {
  view.newest_timeline = 2;
  view.timeline_revision = 8;
  ServerView standby = server(ServerKind::standby);
  SECTION("the server's system") {
    standby.system_id.clear();
  }
  SECTION("its timeline") {
    standby.timeline = 0;
  }
  SECTION("the guard") {
    CHECK(orders<ArmGuard>(look(standby)).size() == 1);
    return;
  }
  SECTION("what etcd says now") {
    tell(GuardReport{7, true, false});
    ClusterSettings quick;
    quick.retry_timeout = 3s;
    tell(quick);
    tell(server(ServerKind::starting));
    tell(view);
    pass(3s + 1us);
    const Step step = tell(server(ServerKind::standby));
    CHECK_FALSE(begins(step, ActionKind::promote));
    view.as_of = now() - 3s;
    CHECK(begins(tell(view), ActionKind::promote));
    return;
  }
  tell(standby);
  tell(GuardReport{7, true, false});
  CHECK_FALSE(begins(tell(view), ActionKind::promote));
}

TEST_CASE_METHOD(Promoting, "/sync names this node alone before the promotion in synchronous mode",
                 "[leader]") {
  ClusterSettings cluster;
  cluster.synchronous_mode = true;
  tell(cluster);
  view.newest_timeline = 2;
  view.timeline_revision = 8;
  view.sync.mod_revision = 3;
  view.sync.leader = "n2";
  view.sync.standbys = {"n1"};
  Step step = see();
  CHECK_FALSE(begins(step, ActionKind::promote));
  const auto writes = orders<WriteSync>(step);
  REQUIRE(writes.size() == 1);
  CHECK(writes[0].leader == "n1");
  CHECK(writes[0].standbys.empty());
  CHECK(writes[0].expected == 3);
  step = see();
  CHECK(orders<WriteSync>(step).empty());
  CHECK_FALSE(begins(step, ActionKind::promote));
  pass(1s);
  tell(WriteEnded{writes[0].id, WriteEnded::Outcome::done, 9});
  view.revision = view.sync.mod_revision = 9;
  view.sync.leader = "n1";
  view.sync.standbys.clear();
  CHECK(begins(see(), ActionKind::promote));
}

}  // namespace tamada::ha
