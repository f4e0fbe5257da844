// The race for a free lock: whom a standby asks, how long it waits for whom, and what it makes of late answers.
#include <catch2/catch.hpp>

#include <string>

#include "tests/unit/agent/ha/race_node.h"

namespace tamada::ha {

TEST_CASE_METHOD(Racer, "a standby with the most takes a free lock", "[decider]") {
  Step step = see_store();
  CHECK(questions(step) == Names{"n2", "n3"});
  CHECK(times_told(step, HaFactKind::race_begun) == 1);
  CHECK_FALSE(goes_on(step));
  // Every answer to a question of this race counts, however fast it comes.
  CHECK_FALSE(goes_on(answer("n2", standby_at(90))));
  step = answer("n3", standby_at(90));
  CHECK(step.wanted.receiver_off == 8);
  CHECK_FALSE(state().receiver_gone_since);

  pass(10ms);
  CHECK_FALSE(takes_lock(look(false)));
  CHECK_FALSE(state().receiver_gone_since);
  pass(10ms);
  step = look(true);
  CHECK(state().receiver_gone_since == 8);
  CHECK(questions(step) == Names{"n2", "n3"});
  CHECK_FALSE(takes_lock(step));
  CHECK_FALSE(takes_lock(answer("n2", standby_at(100))));
  step = answer("n3", agent_at(90, 8));
  REQUIRE(takes_lock(step));
  CHECK(orders<AcquireLock>(step)[0].sync_revision == 0);
  CHECK_FALSE(takes_lock(wait(2s)));  // it is on its way
}

TEST_CASE_METHOD(Racer, "whoever can be asked is asked", "[decider]") {
  view.members = {running("n1"), running("n2"), running("n3"), running("n4"), running("n5")};
  view.members[2].api_url.clear();
  view.members[3].has_left = true;
  view.members[4].tags.nofailover = true;  // it may be a primary all the same
  CHECK(questions(see_store()) == Names{"n2", "n5"});
}

TEST_CASE_METHOD(Racer, "a member whose key has gone is asked, too", "[decider]") {
  view.leader = LeaderKeyView{"n2", 5, 5, 5};
  see_store();
  view.leader.reset();
  view.members = {running("n1"), running("n3")};
  ++view.revision;
  CHECK(questions(see_store()) == Names{"n2", "n3"});
}

TEST_CASE_METHOD(Racer, "a peer that does not answer is waited for for two seconds", "[decider]") {
  const TimePoint began = now();
  see_store();
  Step step = answer("n2", standby_at(90));
  CHECK(step.next_tick == began + 2s);
  step = wait(1999ms);
  CHECK_FALSE(goes_on(step));
  CHECK(questions(step).empty());
  step = wait(1ms);
  CHECK(goes_on(step));
  // And its question is not on its way any more: it is asked for its vote at once.
  CHECK(questions(look(true)) == Names{"n2", "n3"});
}

TEST_CASE_METHOD(Racer, "a WAL receiver that does not go is waited for for two seconds", "[decider]") {
  see_store();
  Step step = answer_both(standby_at(90));
  const TimePoint began = now();
  CHECK(step.next_tick == began + 2s);
  pass(1999ms);
  step = look(false);
  CHECK(goes_on(step));
  CHECK(step.next_tick == began + 2s);
  pass(1ms);
  step = look(false);
  CHECK_FALSE(goes_on(step));
  CHECK(step.reason == "my WAL receiver does not end");
  CHECK(step.next_tick == now() + 1s);
}

TEST_CASE_METHOD(Racer, "only a look from after the order can see the WAL receiver gone", "[decider]") {
  see_store();
  pass(1s);
  answer_both(standby_at(90));
  const TimePoint ordered = now();
  pass(10ms);
  ServerView seen = server(ServerKind::standby);
  seen.is_receiver_gone = true;
  seen.as_of = ordered - 1ms;
  CHECK(questions(tell(seen)).empty());
  CHECK_FALSE(state().receiver_gone_since);
  seen.as_of = ordered;
  CHECK(questions(tell(seen)) == Names{"n2", "n3"});
  CHECK(state().receiver_gone_since == 8);
}

TEST_CASE_METHOD(Racer, "only a standby votes", "[decider]") {
  begin_votes();
  REQUIRE(state().receiver_gone_since == 8);
  ServerView ended = server(ServerKind::starting);
  ended.is_receiver_gone = true;
  pass(10ms);
  tell(ended);
  CHECK_FALSE(state().receiver_gone_since);
}

TEST_CASE_METHOD(Racer, "a race that was called off begins anew a second later", "[decider]") {
  see_store();
  answer("n3", standby_at(90));
  Step step = answer("n2", primary());
  CHECK(step.reason == "Primary (n2) is still alive");
  CHECK(times_told(step, HaFactKind::race_vetoed) == 1);
  CHECK_FALSE(goes_on(step));
  CHECK(step.next_tick == now() + 1s);
  step = wait(999ms);
  CHECK(questions(step).empty());
  CHECK(step.next_tick == now() + 1ms);
  step = wait(1ms);
  CHECK(questions(step) == Names{"n2", "n3"});
  CHECK(times_told(step, HaFactKind::race_begun) == 0);  // it is the same vacancy

  SECTION("the same objection is not told again") {
    answer("n3", standby_at(90));
    step = answer("n2", primary());
    CHECK(step.reason == "Primary (n2) is still alive");
    CHECK(times_told(step, HaFactKind::race_vetoed) == 0);
  }
  SECTION("another one is") {
    answer("n2", standby_at(90));
    step = answer("n3", primary());
    CHECK(times_told(step, HaFactKind::race_vetoed) == 1);
  }
  SECTION("another vacancy is told") {
    ++view.revision;
    view.leader = LeaderKeyView{"n2", 5, 9, 9};
    see_store();
    ++view.revision;
    view.leader.reset();
    pass(10s);
    look(false);
    CHECK(times_told(see_store(), HaFactKind::race_begun) == 1);
  }
}

TEST_CASE_METHOD(Racer, "an answer to a question of an earlier try says nothing about now", "[decider]") {
  const TimePoint first = now();
  see_store();
  answer("n3", standby_at(90));
  REQUIRE(goes_on(wait(2s)));
  REQUIRE_FALSE(goes_on(wait(2s)));  // the WAL receiver has not gone
  see_store();
  REQUIRE(questions(wait(1s)) == Names{"n2", "n3"});
  answer("n3", standby_at(90));
  SECTION("it is waited for once more") {
    CHECK_FALSE(goes_on(tell(PeerAnswer{"n2", first, primary()})));
    CHECK(goes_on(wait(2s)));
  }
  SECTION("it comes when the time is over") {
    pass(2s);
    CHECK(goes_on(tell(PeerAnswer{"n2", first, primary()})));
  }
}

TEST_CASE_METHOD(Racer, "a primary that was found running asks only whether another one is a primary",
                 "[decider]") {
  Node node;
  node.tell(node.server(ServerKind::primary));
  node.tell(view);
  CHECK(name_of(node.row()) == name_of(RowId::found_primary));
  node.tell(PeerAnswer{"n3", node.now(), standby_at(90)});
  SECTION("none is, and a standby may have more") {
    CHECK(takes_lock(node.tell(PeerAnswer{"n2", node.now(), standby_at(500)})));
  }
  SECTION("one is") {
    const Step step = node.tell(PeerAnswer{"n2", node.now(), primary()});
    CHECK_FALSE(takes_lock(step));
    CHECK(step.reason == "Primary (n2) is still alive");
  }
}

}  // namespace tamada::ha
