// A lock that serves nobody: whatever keeps its holder from leading, it is given up after a bounded time, so that another
// node can lead.
#include <catch2/catch.hpp>

#include "tests/unit/agent/ha/lock_holder.h"

namespace tamada::ha {
namespace {

// n1 lives for an hour, second by second, with a server that always looks the same and actions that all fail.
struct Useless : Holder {
  explicit Useless(ServerKind kind) : Holder(kind) {
    tell(GuardReport{7, true, false});
    view.newest_timeline = 2;
    view.timeline_revision = 8;
  }

  // When the lock is released; or an hour.
  Duration until_released(const ServerView& seen) {
    const TimePoint begun = now();
    for (int second = 0; second < 3600; ++second) {
      pass(1s);
      if (answer(look(seen))) break;
    }
    return now() - begun;
  }

 private:
  bool answer(const Step& step) {
    if (!orders<ReleaseLock>(step).empty()) return true;
    if (!orders<RenewLock>(step).empty()) renew();
    for (const AskPeer& asked : orders<AskPeer>(step)) {
      PeerStatus status;
      status.server = PeerStatus::Server::standby;
      status.position = 100;
      tell(PeerAnswer{asked.name, now(), status});
    }
    for (const BeginAction& begun : orders<BeginAction>(step)) {
      const bool stops = begun.action.kind == ActionKind::stop_immediate;
      ActionEnded ended{begun.action.id, {}};
      ended.result.outcome = stops ? ActionResult::Outcome::done : ActionResult::Outcome::failed;
      if (answer(tell(ended))) return true;
      if (stops && answer(look(ServerKind::stopped))) return true;
    }
    return false;
  }
};

TEST_CASE("a lock is given up whose holder's promotion fails", "[leader]") {
  Useless node(ServerKind::standby);
  CHECK(node.until_released(node.server(ServerKind::standby)) <= 2s);
}

TEST_CASE("a lock is given up whose holder's data cannot be read", "[leader]") {
  Useless node(ServerKind::primary);
  const Duration taken = node.until_released(node.server(ServerKind::stopped, DataState::unknown));
  CHECK(taken >= 10s);
  CHECK(taken <= 15s);
}

TEST_CASE("a lock is given up whose holder's standby does not start", "[leader]") {
  Useless node(ServerKind::standby);
  ServerView stopped = node.server(ServerKind::stopped);
  stopped.control = ControlState::shut_down_in_recovery;
  stopped.has_standby_signal = true;
  stopped.checkpoint = 100;
  CHECK(node.until_released(stopped) <= 60s);
}

TEST_CASE("a lock is given up whose holder's server comes to no end, or does not come up", "[leader]") {
  const ServerKind kind = GENERATE(ServerKind::starting, ServerKind::stopping);
  Useless node(ServerKind::primary);
  ClusterSettings settings;
  SECTION("after primary_start_timeout") {
    settings.primary_start_timeout = 100s;
    node.tell(settings);
    const Duration taken = node.until_released(node.server(kind));
    CHECK(taken >= 100s);
    CHECK(taken <= 105s);
  }
  SECTION("soon, where the settings ask for a fail-over instead of a wait") {
    settings.primary_start_timeout = 0s;
    node.tell(settings);
    CHECK(node.until_released(node.server(kind)) <= 15s);
  }
}

TEST_CASE("a switchover ends whose leader cannot come to its end, nor back", "[leader]") {
  Useless node(ServerKind::primary);
  node.view.failover.mod_revision = 9;
  node.view.failover.leader = "n1";
  node.view.failover.candidate = "n2";
  node.view.revision = 9;
  SECTION("since its data cannot be read") {
    Step step = node.look(ServerKind::primary);
    PeerStatus status;
    status.server = PeerStatus::Server::standby;
    status.position = 100;
    step = node.tell(PeerAnswer{"n2", node.now(), status});
    REQUIRE(orders<BeginAction>(step).size() == 1);
    const Action stop = orders<BeginAction>(step)[0].action;
    CHECK(stop.kind == ActionKind::stop_fast);
    CHECK(stop.makes_checkpoint);
    node.pass(1s);
    ActionEnded ended{stop.id, {}};
    ended.result.outcome = ActionResult::Outcome::done;
    node.tell(ended);
    CHECK(node.until_released(node.server(ServerKind::stopped, DataState::unknown)) <= 20s);
  }
}

TEST_CASE("after a promotion that failed others may lead for a ttl", "[race]") {
  Useless node(ServerKind::standby);
  REQUIRE(node.until_released(node.server(ServerKind::standby)) <= 2s);
  LockReport released = node.lock(LockReport::Operation::release, 7, 10);
  released.outcome = LockReport::Outcome::not_held;
  node.tell(released);
  node.view.revision = 10;
  node.view.leader.reset();
  SECTION("while there are others") {
    node.pass(15s);
    CHECK(orders<AskPeer>(node.look(ServerKind::standby)).empty());
    CHECK(node.reason() == "following a different leader because my promotion failed a moment ago");
    node.pass(15s);
    CHECK_FALSE(orders<AskPeer>(node.look(ServerKind::standby)).empty());
  }
  SECTION("but not where nobody else could") {
    node.view.members = {running("n1")};
    node.pass(2s);
    node.look(ServerKind::standby);
    CHECK(node.reason() != "following a different leader because my promotion failed a moment ago");
  }
}

TEST_CASE("a promotion that fails in a pause is tried again", "[pause]") {
  Useless node(ServerKind::standby);
  ClusterSettings settings;
  settings.pause = true;
  node.tell(settings);
  node.view.failover.mod_revision = 8;
  node.view.failover.candidate = "n1";
  int begun = 0;
  for (int second = 0; second < 60; ++second) {
    node.pass(1s);
    const Step step = node.look(ServerKind::standby);
    CHECK(orders<ReleaseLock>(step).empty());
    if (!orders<RenewLock>(step).empty()) node.renew();
    for (const BeginAction& one : orders<BeginAction>(step)) {
      CHECK(one.action.kind == ActionKind::promote);
      node.tell(ActionEnded{one.action.id, {}});
      ++begun;
    }
  }
  CHECK(begun > 1);
}

}  // namespace
}  // namespace tamada::ha
