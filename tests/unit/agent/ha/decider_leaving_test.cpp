// An agent that is to end: what it waits for, how it stops its server, and when it goes.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "tests/unit/agent/ha/switchover.h"

namespace tamada::ha {
namespace {

using Names = std::vector<std::string>;

// A standby of n2 that is to end.
struct Standby : Node {
  Standby() {
    view = store(8, system_id);
    view.leader = LeaderKeyView{"n2", 78, 5, 5};
    view.members = {running("n1"), running("n2")};
    view.members[1].role = patroni::NodeRole::primary;
    tell(view);
    tell(standby());
  }
  ServerView standby() {
    ServerView seen = server(ServerKind::standby);
    seen.is_receiving = true;
    seen.follows = "n2";
    return seen;
  }
  StoreView view;
};

}  // namespace

TEST_CASE_METHOD(ArmedLeader, "a leader that ends hands over to whoever is fit", "[handover]") {
  view.members = {running("n1"), running("n2"), running("n3")};
  view.members[2].tags.nofailover = true;
  look(ServerKind::primary);
  const Step asking = tell(LeaveRequest{});
  CHECK(words_of(asking, HaFactKind::switchover_begun) == Names{"the agent is to end"});
  CHECK(asked_by(asking) == Names{"n2"});
  CHECK(words_of(look(ServerKind::primary), HaFactKind::switchover_begun).empty());
  const auto stop = begun(answer("n2", standby_at(100)), ActionKind::stop_fast);
  REQUIRE(stop);
  pass(1s);
  end(stop);
  pass(1ms);
  tell(down());
  pass(1ms);
  REQUIRE(orders<ReleaseLock>(answer("n2", standby_at(100))).size() == 1);
  pass(1ms);
  released();
  CHECK(orders<Leave>(tell(down())).size() == 1);
  CHECK(orders<Leave>(look(down())).empty());  // it was told
}

TEST_CASE_METHOD(ArmedLeader, "a leader that ends goes also where nobody takes over", "[handover]") {
  tell(LeaveRequest{});
  pass(2s - 1us);
  CHECK(orders<BeginAction>(tell(server(ServerKind::primary))).empty());
  pass(1us);
  const Step step = tell(server(ServerKind::primary));
  CHECK(words_of(step, HaFactKind::switchover_called_off).empty());
  const auto stop = begun(step, ActionKind::stop_fast);
  REQUIRE(stop);
  SECTION("nobody has the final position after five seconds") {
    end(stop);
    pass(1ms);
    tell(down());
    pass(5s - 1us);
    CHECK(orders<ReleaseLock>(tell(down())).empty());
    pass(1us);
    const Step release = tell(down());
    CHECK(orders<ReleaseLock>(release).size() == 1);
    CHECK(words_of(release, HaFactKind::lock_given_up) ==
          Names{"the agent ends; no node has confirmed the final position"});
  }
  SECTION("the server does not stop in good order") {
    end(stop, ActionResult::Outcome::failed);
    pass(1ms);
    CHECK(begins(tell(server(ServerKind::primary)), ActionKind::stop_immediate));
  }
}

TEST_CASE_METHOD(ArmedLeader, "a leader that is alone ends at once", "[handover]") {
  view.members = {running("n1")};
  look(ServerKind::primary);
  tell(LeaveRequest{});
  CHECK(begins(tell(server(ServerKind::primary)), ActionKind::stop_fast));
}

TEST_CASE_METHOD(ArmedLeader, "in a pause an agent that ends leaves everything as it is", "[handover]") {
  ClusterSettings paused;
  paused.pause = true;
  Step step;
  SECTION("the pause was there before") {
    tell(paused);
    step = tell(LeaveRequest{});
  }
  SECTION("the pause comes while a candidate is looked for") {
    tell(LeaveRequest{});
    step = tell(paused);
  }
  CHECK(orders<Leave>(step).size() == 1);
  CHECK(orders<BeginAction>(step).empty());
  CHECK(orders<ReleaseLock>(step).empty());
}

TEST_CASE_METHOD(ArmedLeader, "an agent that ends waits no longer than its lock lasts", "[handover]") {
  renew_until(now() + 20s);
  tell(server(ServerKind::starting));
  const auto stop = begun(tell(LeaveRequest{}), ActionKind::stop_fast);
  REQUIRE(stop);
  pass(500ms);
  end(stop);
  pass(500ms);
  CHECK(orders<ReleaseLock>(tell(down())).size() == 1);
  pass(19s - 1us);
  CHECK(orders<Leave>(tell(down())).empty());
  pass(1us);
  CHECK(orders<Leave>(tell(down())).size() == 1);
}

TEST_CASE_METHOD(Node, "a primary without the lock ends without a hand-over", "[handover]") {
  StoreView view = store(8, system_id);
  view.members = {running("n1"), running("n2")};
  tell(LeaveRequest{});
  tell(view);
  const Step step = tell(server(ServerKind::primary));
  CHECK(words_of(step, HaFactKind::switchover_begun).empty());
  CHECK(begins(step, ActionKind::stop_fast));
}

TEST_CASE_METHOD(Standby, "a standby that no commit waits for ends at once", "[handover]") {
  Step step;
  SECTION("without synchronous mode") {
    step = tell(LeaveRequest{});
  }
  SECTION("/sync names somebody else") {
    ClusterSettings synchronous;
    synchronous.synchronous_mode = true;
    tell(synchronous);
    view.sync.mod_revision = 3;
    view.sync.leader = "n2";
    view.sync.standbys = {"n3"};
    ++view.revision;
    tell(view);
    step = tell(LeaveRequest{});
  }
  SECTION("/sync is of a synchronous mode that is over") {
    view.sync.mod_revision = 3;
    view.sync.leader = "n2";
    view.sync.standbys = {"n1"};
    ++view.revision;
    tell(view);
    step = tell(LeaveRequest{});
  }
  CHECK(begins(step, ActionKind::stop_fast));
  CHECK(orders<Leave>(step).empty());
}

TEST_CASE_METHOD(Standby, "an agent that ends stops its server, and harder where that does not help",
                 "[handover]") {
  SECTION("it cannot be looked at") {
    tell(server(ServerKind::unknown));
    CHECK(orders<BeginAction>(tell(LeaveRequest{})).empty());
    pass(3s);
    CHECK(orders<BeginAction>(tell(server(ServerKind::unknown))).empty());
  }
  SECTION("it is stopping") {
    tell(server(ServerKind::stopping));
    CHECK(orders<BeginAction>(tell(LeaveRequest{})).empty());
  }
  SECTION("it does not answer") {
    tell(server(ServerKind::hung));
    CHECK(begins(tell(LeaveRequest{}), ActionKind::stop_immediate));
  }
  SECTION("it was asked in vain") {
    const auto stops = orders<BeginAction>(tell(LeaveRequest{}));
    REQUIRE(stops.size() == 1);
    REQUIRE(stops[0].action.kind == ActionKind::stop_fast);
    pass(1s);
    tell(ActionEnded{stops[0].action.id, {ActionResult::Outcome::failed, Divergence::cannot_know, {}}});
    pass(1ms);
    CHECK(begins(tell(standby()), ActionKind::stop_immediate));
  }
  SECTION("it is down") {
    tell(server(ServerKind::stopping));
    tell(LeaveRequest{});
    CHECK(orders<Leave>(tell(server(ServerKind::stopped))).size() == 1);
  }
}

}  // namespace tamada::ha
