// A node beside another leader: a history that does not fit, a copy, whom it follows.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "tests/unit/agent/ha/lock_holder.h"

namespace tamada::ha {
namespace {

// A node that is down and has what its leader n2 has not.
struct Diverged : Node {
  Diverged() {
    MemberView leader = member("n2", true);
    leader.is_running = true;
    leader.role = patroni::NodeRole::primary;
    view = store(8, system_id);
    view.members = {leader};
    view.leader = LeaderKeyView{"n2", 78, 5, 5};
    tell(server(ServerKind::stopped));
    const auto begun = orders<BeginAction>(tell(view));
    REQUIRE(begun.size() == 1);
    REQUIRE(begun[0].action.kind == ActionKind::check_divergence);
    (void)end_check(begun[0].action.id);
  }
  Step end_check(std::uint64_t id) {
    tell(ActionEnded{id, {ActionResult::Outcome::done, Divergence::diverged, {}}});
    return look();
  }
  Step look(Duration after = 1s) {
    pass(after);
    view.as_of = now();
    const Step seen = tell(view);
    return both(seen, tell(server(ServerKind::stopped)));
  }
  std::uint64_t begun(const Step& step, ActionKind kind) {
    const auto all = orders<BeginAction>(step);
    REQUIRE(all.size() == 1);
    REQUIRE(name_of(all[0].action.kind) == name_of(kind));
    return all[0].action.id;
  }
  Step end_rewind(std::uint64_t id, ActionResult::Outcome outcome) {
    tell(ActionEnded{id, {outcome, Divergence::cannot_know, {}}});
    return look(11s);
  }
  StoreView view;
};

}  // namespace

TEST_CASE_METHOD(Diverged, "a node that has what its leader has not leaves the race to others", "[decider]") {
  CHECK(state().has_diverged);
  CHECK(state().is_stuck);
  // It runs, as one that was running when that was found.
  tell(server(ServerKind::standby));
  view.leader.reset();
  view.members = {running("n1"), running("n2")};
  const auto see = [&] {
    pass(1s);
    ++view.revision;
    view.as_of = now();
    const Step seen = tell(view);
    return both(seen, tell(server(ServerKind::standby)));
  };
  SECTION("while one of them could lead") {
    CHECK(orders<AskPeer>(see()).empty());
    CHECK(reason() == "following a different leader because I have what the last leader had not");
  }
  SECTION("but not where nobody else runs") {
    view.members = {running("n1")};
    CHECK_FALSE(orders<AskPeer>(see()).empty());
  }
  SECTION("nor where a person asks for it") {
    view.failover = {9, "", "n1", true};
    CHECK_FALSE(orders<AskPeer>(see()).empty());
  }
}

TEST_CASE_METHOD(Diverged, "a node that is stuck looks anew when the settings allow what would mend it",
                 "[decider]") {
  CHECK(name_of(row()) == name_of(RowId::rejoin_stuck));
  ClusterSettings mends;
  mends.loop_wait = 5s;
  CHECK(orders<BeginAction>(tell(mends)).empty());
  const auto kind = GENERATE(ActionKind::rewind, ActionKind::clone);
  (kind == ActionKind::rewind ? mends.use_pg_rewind : mends.remove_data_on_diverged_timelines) = true;
  const std::uint64_t check = begun(tell(mends), ActionKind::check_divergence);
  (void)begun(end_check(check), kind);
}

TEST_CASE_METHOD(Diverged, "a rewind that was called off has not failed", "[decider]") {
  ClusterSettings mends;
  mends.use_pg_rewind = true;
  Step step = end_check(begun(tell(mends), ActionKind::check_divergence));
  const auto outcome = GENERATE(ActionResult::Outcome::cancelled, ActionResult::Outcome::failed);
  for (int turn = 0; turn < 3; ++turn) step = end_rewind(begun(step, ActionKind::rewind), outcome);
  const bool has_failed = outcome == ActionResult::Outcome::failed;
  CHECK(name_of(step.row) == name_of(has_failed ? RowId::rejoin_stuck : RowId::rewind));
  if (!has_failed) return;
  // Another leader is another try.
  ++view.revision;
  view.leader = LeaderKeyView{"n2", 80, 9, 9};
  step = end_check(begun(look(), ActionKind::check_divergence));
  step = end_rewind(begun(step, ActionKind::rewind), outcome);
  CHECK(name_of(step.row) == name_of(RowId::rewind));
}

TEST_CASE_METHOD(Node,
                 "only a single-user recovery that succeeded is followed by the comparison of histories",
                 "[decider]") {
  MemberView leader = member("n2", true);
  leader.is_running = true;
  leader.role = patroni::NodeRole::primary;
  StoreView view = store(8, system_id);
  view.members = {leader};
  view.leader = LeaderKeyView{"n2", 78, 5, 5};
  const auto look = [&](ControlState control) {
    view.as_of = now();
    ServerView crashed = server(ServerKind::stopped);
    crashed.control = control;
    const Step seen = tell(view);
    return both(seen, tell(crashed));
  };
  Step step = look(ControlState::in_production);
  const auto outcome = GENERATE(ActionResult::Outcome::failed, ActionResult::Outcome::cancelled);
  for (int turn = 0; turn < 5; ++turn) {
    const auto begun = orders<BeginAction>(step);
    REQUIRE(begun.size() == 1);
    REQUIRE(name_of(begun[0].action.kind) == name_of(ActionKind::recover_alone));
    tell(ActionEnded{begun[0].action.id, {outcome, Divergence::cannot_know, "no space left on device"}});
    // Not at once: what it failed by may take a moment to go.
    CHECK(orders<BeginAction>(look(ControlState::in_production)).empty());
    pass(11s);
    step = look(ControlState::in_production);
  }
  const auto begun = orders<BeginAction>(step);
  REQUIRE(begun.size() == 1);
  tell(ActionEnded{begun[0].action.id, {ActionResult::Outcome::done, Divergence::cannot_know, {}}});
  pass(1s);
  CHECK(begins(look(ControlState::shut_down), ActionKind::check_divergence));
}

TEST_CASE("a copy is called off when its leader does not lead any more", "[rejoin]") {
  Node node;
  StoreView view = node.store(8, system_id);
  view.leader = LeaderKeyView{"n2", 78, 5, 5};
  view.members = {running("n2"), running("n3")};
  view.members[0].role = patroni::NodeRole::primary;
  node.tell(view);
  REQUIRE(begins(node.tell(node.server(ServerKind::stopped, DataState::absent)), ActionKind::clone));
  node.pass(1s);
  view.as_of = node.now();
  ++view.revision;
  bool is_off = true;
  SECTION("nobody leads") {
    view.leader.reset();
  }
  SECTION("somebody else leads") {
    view.leader = LeaderKeyView{"n3", 79, 9, 9};
  }
  SECTION("it leads again") {
    view.leader = LeaderKeyView{"n2", 79, 9, 9};
    is_off = false;
  }
  SECTION("etcd is silent") {
    node.pass(60s);
    is_off = false;
  }
  CHECK(orders<CancelAction>(node.tell(view)).empty() != is_off);
}

TEST_CASE("a replica follows whom its tags name while that one runs, else the leader", "[rejoin]") {
  Node node;
  NodeSettings settings;
  settings.name = "n1";
  settings.tags.replicatefrom = "n3";
  StoreView view = node.store(8, system_id);
  view.leader = LeaderKeyView{"n2", 78, 5, 5};
  view.members = {running("n1"), running("n2"), running("n3")};
  std::string expected = "n2";
  SECTION("it runs") {
    expected = "n3";
  }
  SECTION("it does not run") {
    view.members[2].is_running = false;
  }
  SECTION("it is gone") {
    view.members.pop_back();
  }
  SECTION("it is this node") {
    settings.tags.replicatefrom = "n1";
  }
  SECTION("nobody is named") {
    settings.tags.replicatefrom.clear();
  }
  SECTION("no stream is wanted") {
    settings.tags.nostream = true;
    expected.clear();
  }
  SECTION("the leader is a stranger of this node's name") {
    view.members[2].is_running = false;
    view.leader->name = "n1";
    expected.clear();
  }
  node.tell(view);
  node.tell(node.server(ServerKind::standby));
  CHECK(node.tell(settings).wanted.follow == expected);
}

TEST_CASE("a standby that receives nothing is compared with its leader once more", "[rejoin]") {
  Node node;
  StoreView view = node.store(8, system_id);
  view.leader = LeaderKeyView{"n2", 78, 5, 5};
  view.members = {running("n1"), running("n2")};
  view.members[1].role = patroni::NodeRole::primary;
  node.tell(view);
  ServerView standby = node.server(ServerKind::standby);
  standby.follows = "n2";
  const auto checks = orders<BeginAction>(node.tell(standby));
  REQUIRE(checks.size() == 1);
  REQUIRE(name_of(checks[0].action.kind) == name_of(ActionKind::check_divergence));
  ActionResult fits{ActionResult::Outcome::done, Divergence::none, {}};
  node.tell(ActionEnded{checks[0].action.id, fits});
  bool is_receiving = false;
  bool is_asked = true;
  SECTION("nothing comes") {}
  SECTION("it receives") {
    is_receiving = true;
    is_asked = false;
  }
  SECTION("its leader does not run") {
    view.members[1].is_running = false;
    is_asked = false;
  }
  bool was_asked = false;
  for (int second = 1; second <= 40; ++second) {
    node.pass(1s);
    view.as_of = node.now();
    standby = node.server(ServerKind::standby);
    standby.follows = "n2";
    standby.is_receiving = is_receiving;
    const Step step = both(node.tell(view), node.tell(standby));
    if (second < 30) CHECK_FALSE(begins(step, ActionKind::check_divergence));
    was_asked = was_asked || begins(step, ActionKind::check_divergence);
  }
  CHECK(was_asked == is_asked);
}

}  // namespace tamada::ha
