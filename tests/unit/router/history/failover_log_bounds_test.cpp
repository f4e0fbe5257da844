// What records forget, keep and bound.
#include <random>

#include "tests/unit/router/history/failover_story.h"

using namespace tamada;
using namespace tamada::router;

TEST_CASE("old signs, and signs that went away, are not the beginning of it") {
  Story s;
  s.confirm(a);
  s.now = 10s;
  s.fact(FactKind::node_hint, a, "a client's session on a met \"reset\"");
  s.now = 15s;
  s.silence(a);
  s.now = 16s;
  s.answer(a, "running");
  s.now = 25s;
  s.fact(FactKind::node_role, b, "b: replica, starting; was replica, running");
  s.unconfirm("a does not answer");
  s.lose(a, "a has failed");
  CHECK_FALSE(s.only().first_sign.has_value());
  CHECK(kinds_of(s.only()) ==
        Kinds{FactKind::node_role, FactKind::leader_unconfirmed, FactKind::leader_lost});
}

TEST_CASE("records outlive a restart, and the numbers go on") {
  Story before;
  before.confirm(a);
  before.now = 10s;
  before.unconfirm("a does not answer");
  before.lose(a, "a has failed");
  CHECK(before.log.take_changed());
  before.now = 12s;

  Story after;
  after.log.restore(before.records());
  const Failover restored = after.only();
  CHECK(restored.is_over());
  CHECK(restored.to.empty());
  CHECK(restored.steps.back().kind == FactKind::router_stop);
  after.confirm(a);
  after.now = 20s;
  after.unconfirm("a does not answer");
  after.now = 30s;
  after.confirm(b);
  const std::vector<Failover> all = after.records();
  REQUIRE(all.size() == 2);
  CHECK(all[0].number == 2);
  CHECK(all[1].number == 1);
}

TEST_CASE("only the newest fifty records are kept, with a bounded number of steps") {
  Story s;
  s.confirm(a);
  for (int i = 0; i < 60; ++i) {
    s.now += 100s;
    s.unconfirm("a does not answer");
    for (int step = 0; step < 500; ++step) s.fact(FactKind::node_role, b, "b: replica, starting");
    s.now += 1s;
    s.confirm(a);
    s.now += 1s;
    s.log.first_session(a, s.at());
  }
  const std::vector<Failover> all = s.records();
  REQUIRE(all.size() == FailoverLog::kept);
  CHECK(all.front().number == 60);
  CHECK(all.front().steps.size() == FailoverLog::steps_kept);
  CHECK(all.front().steps.back().kind == FactKind::leader_confirmed);
}

TEST_CASE("counters that were cleared meanwhile count from zero") {
  Story s;
  s.totals = {100, 100, 100};
  s.confirm(a);
  s.now = 10s;
  s.unconfirm("a does not answer");
  s.totals = {4, 3, 2};
  s.now = 11s;
  s.confirm(b);
  s.log.first_session(b, s.at());
  CHECK(s.only().waited == 4);
  CHECK(s.only().cut == 3);
  CHECK(s.only().failed == 2);
}

TEST_CASE("whatever comes in whatever order, the milestones stay in order and everything is bounded") {
  const std::vector<FactKind> kinds{
      FactKind::node_role,      FactKind::node_silent,          FactKind::node_back,
      FactKind::node_hint,      FactKind::node_failed,          FactKind::leader_key,
      FactKind::claim_conflict, FactKind::switchover_announced, FactKind::switchover_called_off,
      FactKind::leader_waiting, FactKind::config_applied};
  std::minstd_rand random(7);
  const auto draw = [&](std::size_t below) { return random() % below; };
  Story s;
  std::uint64_t last_number = 0;
  for (int turn = 0; turn < 20'000; ++turn) {
    s.now += Duration(static_cast<Duration::rep>(draw(3'000'000)));
    const NodeId node{static_cast<std::uint32_t>(draw(3) + 1)};
    switch (draw(8)) {
      case 0:
        s.confirm(node);
        break;
      case 1:
        if (s.leader.is_set()) s.unconfirm("nobody claims");
        break;
      case 2:
        if (s.leader.is_set()) s.lose(s.leader, "it has failed");
        break;
      case 3:
        s.silence(node);
        break;
      case 4:
        s.answer(node, draw(4) == 0 ? "stopping" : "running");
        break;
      case 5:
        s.log.first_session(node, s.at());
        break;
      case 6:
        s.log.tick(s.at());
        ++s.totals.waited;
        break;
      default:
        s.fact(kinds[draw(kinds.size())], node, "words");
    }
    if (turn % 16 != 0) continue;
    const std::vector<Failover> all = s.records();
    REQUIRE(all.size() <= FailoverLog::kept);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Failover& record = all[i];
      REQUIRE((i == 0 || record.number < all[i - 1].number));
      REQUIRE(record.steps.size() <= FailoverLog::steps_kept);
      REQUIRE(record.leader_gone.has_value());
      REQUIRE_FALSE(record.from.empty());
      REQUIRE((i == 0 || record.is_over()));
      std::optional<WallTime> before;
      for (const auto& at :
           {record.first_sign, record.leader_gone, record.claimed, record.confirmed, record.first_session}) {
        if (!at) continue;
        REQUIRE((!before || *before <= *at));
        before = at;
      }
      if (record.is_over()) REQUIRE(record.stood_still->count() >= 0);
    }
    if (!all.empty()) {
      REQUIRE(all.front().number >= last_number);
      last_number = all.front().number;
    }
  }
  CHECK(last_number > FailoverLog::kept);
}
