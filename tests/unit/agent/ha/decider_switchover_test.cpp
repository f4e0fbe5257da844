// A leader that somebody asked to hand over: whom it asks, when it stops, when it releases, and when it comes back.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "tests/unit/agent/ha/switchover.h"

namespace tamada::ha {
namespace {

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE_METHOD(ArmedLeader, "nobody is handed over to that is on an older timeline", "[switchover]") {
  ServerView primary = server(ServerKind::primary);
  primary.timeline = 3;
  tell(primary);
  ask_for("n1", "n2");
  PeerStatus status = standby_at(1000000);
  const std::uint32_t timeline = GENERATE(0, 2, 3);  // 0: it does not say
  status.timeline = timeline;
  answer("n2", status);
  pass(2s);
  CHECK(words_of(see_store(), HaFactKind::switchover_called_off).size() == (timeline == 2 ? 1 : 0));
}

TEST_CASE_METHOD(ArmedLeader, "for a switchover those are asked who may lead", "[handover]") {
  view.members = {running("n1"), running("n2"), running("n3"), running("n4")};
  Names expected = {"n2", "n3", "n4"};
  std::string candidate;
  SECTION("whoever is fit") {}
  SECTION("not who has no address") {
    view.members[1].api_url.clear();
    expected = {"n3", "n4"};
  }
  SECTION("not who does not run") {
    view.members[1].is_running = false;
    expected = {"n3", "n4"};
  }
  SECTION("not who shall not lead") {
    view.members[2].tags.nofailover = true;
    expected = {"n2", "n4"};
  }
  SECTION("not whom /sync does not name") {
    view.sync.mod_revision = 3;
    view.sync.leader = "n1";
    view.sync.standbys = {"n4"};
    expected = {"n4"};
  }
  SECTION("only who is named") {
    candidate = "n3";
    expected = {"n3"};
  }
  SECTION("who is named although it shall not lead") {
    candidate = "n3";
    view.members[2].tags.nofailover = true;
    expected = {"n3"};
  }
  SECTION("not who is named and is no synchronous standby") {
    candidate = "n3";
    view.sync.mod_revision = 3;
    view.sync.leader = "n1";
    view.sync.standbys = {"n4"};
    expected = {};
  }
  const Step step = ask_for("n1", candidate);
  CHECK(asked_by(step) == expected);
  CHECK(words_of(step, HaFactKind::switchover_begun) ==
        Names{candidate.empty() ? "to whoever is fit" : "to " + candidate});
}

TEST_CASE_METHOD(ArmedLeader, "a fail-over to a node of one's choice may leave /sync, to no other node",
                 "[handover]") {
  view.members = {running("n1"), running("n2"), running("n3")};
  view.sync.mod_revision = 3;
  view.sync.leader = "n1";
  view.sync.standbys = {"n2"};
  CHECK(asked_by(ask_for({}, "n3")) == Names{"n3"});
}

TEST_CASE_METHOD(ArmedLeader, "a candidate has two seconds to answer", "[handover]") {
  const Step asked = ask_for("n1", "n2");
  CHECK(asked.next_tick == now() + 2s);
  pass(2s - 1us);
  const Step waiting = tell(server(ServerKind::primary));
  CHECK(waiting.row == RowId::handing_over);
  CHECK(waiting.next_tick == now() + 1us);
  pass(1us);
  const Step step = tell(server(ServerKind::primary));
  CHECK(words_of(step, HaFactKind::switchover_called_off) == Names{"no good candidates have been found"});
  const auto cleared = orders<ClearFailover>(step);
  REQUIRE(cleared.size() == 1);
  CHECK(cleared[0].expected == view.failover.mod_revision);
  CHECK(orders<BeginAction>(step).empty());
  CHECK(row() == RowId::lead);
}

TEST_CASE_METHOD(ArmedLeader, "where nobody can be asked nobody is waited for", "[handover]") {
  view.members = {running("n1")};
  ask_for("n1", {});
  const Step step = tell(server(ServerKind::primary));
  CHECK(words_of(step, HaFactKind::switchover_called_off).size() == 1);
}

TEST_CASE_METHOD(ArmedLeader, "a request that was replaced meanwhile is not cleared", "[handover]") {
  ask_for("n1", "n2");
  pass(1s);
  const std::int64_t former = view.failover.mod_revision;
  ask_for("n1", "n3");
  pass(1s);
  const Step step = tell(server(ServerKind::primary));
  CHECK(words_of(step, HaFactKind::switchover_called_off).size() == 1);
  for (const ClearFailover& one : orders<ClearFailover>(step)) CHECK(one.expected != former);
}

TEST_CASE_METHOD(ArmedLeader, "a candidate that is not fit stops nobody's server", "[handover]") {
  ServerView primary = server(ServerKind::primary);
  primary.written = 5'000'000;
  tell(primary);
  ask_for("n1", "n2");
  PeerStatus status = standby_at(5'000'000 - 1'048'576);
  bool is_fit = false;
  SECTION("it is behind by just as much as may be") {
    is_fit = true;
  }
  SECTION("it is further behind") {
    status.position = *status.position - 1;
  }
  SECTION("it does not say how far it is") {
    status.position.reset();
  }
  SECTION("its server does not run") {
    status.server = PeerStatus::Server::stopped;
  }
  SECTION("nobody knows what its server is") {
    status.server = PeerStatus::Server::unknown;
  }
  CHECK(begins(answer("n2", status), ActionKind::stop_fast) == is_fit);
}

TEST_CASE_METHOD(ArmedLeader, "a candidate that came after the question is not taken for one that answered",
                 "[handover]") {
  ask_for("n1", {});
  ++view.revision;
  view.members.push_back(running("n3"));
  CHECK(orders<BeginAction>(look(ServerKind::primary)).empty());
  CHECK_FALSE(begins(answer("n2", std::nullopt), ActionKind::stop_fast));
}

TEST_CASE_METHOD(ArmedLeader, "a pause calls a switchover off that has stopped nothing yet", "[handover]") {
  ClusterSettings paused;
  paused.pause = true;
  SECTION("it was asked for before") {
    ask_for("n1", "n2");
    const Step step = tell(paused);
    CHECK(words_of(step, HaFactKind::switchover_called_off) == Names{"pause"});
    CHECK_FALSE(begins(answer("n2", standby_at(100)), ActionKind::stop_fast));
  }
  SECTION("it was asked for in the pause") {
    tell(paused);
    ask_for("n1", "n2");
    CHECK(begins(answer("n2", standby_at(100)), ActionKind::stop_fast));
  }
}

TEST_CASE_METHOD(ArmedLeader, "what was stopped is looked at before the switchover goes on", "[handover]") {
  ask_for("n1", "n2");
  const auto stop = begun(answer("n2", standby_at(100)), ActionKind::stop_fast);
  REQUIRE(stop);
  pass(1s);
  Step step = end(stop);
  const auto is_waiting = [&] {
    return step.row == RowId::handing_over && step.orders.empty() &&
           words_of(step, HaFactKind::switchover_called_off).empty();
  };
  CHECK(is_waiting());
  pass(1ms);
  step = tell(server(ServerKind::stopping));
  CHECK(is_waiting());
  pass(1ms);
  SECTION("it has stopped") {
    step = tell(down());
    CHECK(asked_by(step) == Names{"n2"});
    CHECK(step.next_tick == now() + 100ms);
    return;
  }
  SECTION("it runs on") {
    step = tell(server(ServerKind::primary));
  }
  SECTION("somebody has started it as a standby") {
    step = tell(server(ServerKind::standby));
  }
  CHECK(words_of(step, HaFactKind::switchover_called_off) == Names{"PostgreSQL did not stop"});
  CHECK(asked_by(step).empty());
  CHECK(orders<ReleaseLock>(step).empty());
}

TEST_CASE_METHOD(Confirming, "the lock is released when the candidate has everything, and not taken back",
                 "[handover]") {
  stop_for("n1", "n2");
  tell(down());
  pass(1ms);
  const auto release = orders<ReleaseLock>(answer("n2", standby_at(100)));
  REQUIRE(release.size() == 1);
  CHECK(release[0].final_position == 100);
  pass(1ms);
  // It gives the new leader ten seconds to come.
  const TimePoint until = now() + 10s;
  released();
  CHECK(look(down()).row == RowId::stand_back);
  tell(GuardReport{});
  pass(5s);
  CHECK(look(down()).row == RowId::stand_back);
  CHECK(tell(down()).next_tick == until);
  pass(5s - 1us);
  CHECK(look(down()).row == RowId::stand_back);
  pass(1us);
  REQUIRE(now() == until);
  CHECK(begins(look(down()), ActionKind::start_standby));
}

TEST_CASE_METHOD(Confirming, "a candidate that lacks something is asked every 100 ms", "[handover]") {
  stop_for("n1", "n2");
  tell(down());
  const TimePoint asked = now();
  pass(10ms);
  CHECK(answer("n2", standby_at(99)).orders.empty());
  pass(90ms - 1us);
  CHECK(tell(down()).orders.empty());
  pass(1us);
  REQUIRE(now() == asked + 100ms);
  CHECK(asked_by(tell(down())) == Names{"n2"});
  pass(10ms);
  CHECK(orders<ReleaseLock>(answer("n2", standby_at(100))).size() == 1);
}

TEST_CASE_METHOD(Confirming, "what a candidate said before the stop confirms nothing", "[handover]") {
  stop_for("n1", "n2");
  const TimePoint before = now();
  pass(1ms);
  tell(down());
  SECTION("an answer from before comes late") {
    CHECK(orders<ReleaseLock>(tell(PeerAnswer{"n2", before, standby_at(100)})).empty());
  }
  SECTION("it does not answer any more") {
    pass(1ms);
    CHECK(orders<ReleaseLock>(answer("n2", std::nullopt)).empty());
  }
}

TEST_CASE_METHOD(Confirming, "a candidate that lacks something for five seconds gets nothing", "[handover]") {
  stop_for("n1", "n2");
  tell(down());
  const TimePoint stopped = now();
  pass(1ms);
  answer("n2", standby_at(99));
  SECTION("nor does one in /sync") {
    view.sync.mod_revision = 3;
    view.sync.leader = "n1";
    view.sync.standbys = {"n2"};
    ++view.revision;
    CHECK(orders<ReleaseLock>(look(down())).empty());
  }
  pass(5s - 1us - 1ms);
  CHECK(words_of(look(down()), HaFactKind::switchover_called_off).empty());
  pass(1us);
  REQUIRE(now() == stopped + 5s);
  const Step step = tell(down());
  CHECK(words_of(step, HaFactKind::switchover_called_off) ==
        Names{"no candidate has everything; PostgreSQL starts again as the leader"});
  const auto start = begun(both(step, look(down())), ActionKind::start_primary);
  REQUIRE(start);
  pass(1s);
  end(start);
  pass(1ms);
  CHECK(orders<ClearFailover>(look(ServerKind::primary)).size() == 1);
  CHECK(row() == RowId::lead);
}

TEST_CASE_METHOD(Confirming, "where the candidate is gone nobody is waited for", "[handover]") {
  stop_for("n1", "n2");
  tell(down());
  view.members = {running("n1")};
  CHECK(words_of(see_store(), HaFactKind::switchover_called_off).size() == 1);
}

TEST_CASE_METHOD(Confirming, "a leader that was ended hard keeps the lock where /sync promises nothing",
                 "[handover]") {
  view.sync.mod_revision = 3;
  view.sync.leader = "n1";
  view.sync.standbys = {"n2"};
  stop_for("n1", "n2");
  bool is_safe = false;
  SECTION("it names the candidate, which answers") {
    is_safe = true;
  }
  SECTION("it is another leader's") {
    view.sync.leader = "n3";
  }
  ++view.revision;
  look(down(ControlState::in_production));
  pass(1ms);
  SECTION("it names the candidate, which does not answer") {
    is_safe = false;
    CHECK(orders<ReleaseLock>(answer("n2", std::nullopt)).empty());
    return;
  }
  CHECK(orders<ReleaseLock>(answer("n2", standby_at(50))).size() == (is_safe ? 1 : 0));
}

TEST_CASE_METHOD(Confirming, "a lock that is lost meanwhile ends the switchover", "[handover]") {
  stop_for("n1", "n2");
  tell(down());
  view.leader = LeaderKeyView{"n3", 90, 20, 20};
  view.revision = 20;
  look(down());
  CHECK(row() != RowId::handing_over);
}

TEST_CASE_METHOD(Confirming, "a release of which nobody knows is asked for again", "[handover]") {
  stop_for("n1", "n2");
  tell(down());
  pass(1ms);
  REQUIRE(orders<ReleaseLock>(answer("n2", standby_at(100))).size() == 1);
  pass(1s);
  CHECK(orders<ReleaseLock>(tell(down())).empty());  // it is on its way
  LockReport unknown = lock(LockReport::Operation::release, 7, 0);
  unknown.outcome = LockReport::Outcome::cannot_know;
  CHECK(orders<ReleaseLock>(tell(unknown)).empty());
  pass(500ms - 1us);
  CHECK(orders<ReleaseLock>(tell(down())).empty());
  pass(1us);
  CHECK(orders<ReleaseLock>(tell(down())).size() == 1);
}

namespace {

// Its switchover was called off after the stop.
struct Returning : Confirming {
  Returning() {
    stop_for("n1", "n2");
    tell(down());
    view.members = {running("n1")};
  }
};

}  // namespace

TEST_CASE_METHOD(Returning, "nothing is started while the lock is about to end", "[handover]") {
  renew_until(now() + 8s);
  pass(3s);
  CHECK(words_of(see_store(), HaFactKind::switchover_called_off).size() == 1);
  CHECK(orders<BeginAction>(look(down())).empty());
  CHECK(begins(renew(), ActionKind::start_primary));
}

TEST_CASE_METHOD(Returning, "nothing is started over a server that does not stand still", "[handover]") {
  const auto kind = GENERATE(ServerKind::starting, ServerKind::stopping);
  tell(server(kind));
  CHECK(words_of(see_store(), HaFactKind::switchover_called_off).size() == 1);
  CHECK(orders<BeginAction>(look(server(kind))).empty());
  pass(3s);
  renew();
  CHECK(orders<BeginAction>(look(server(kind))).empty());
}

}  // namespace tamada::ha
