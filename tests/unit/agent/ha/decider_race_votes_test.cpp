// The votes of a race: when they are final, how long they are waited for, and whose count.
#include <catch2/catch.hpp>

#include <string>

#include "tests/unit/agent/ha/race_node.h"

namespace tamada::ha {

TEST_CASE_METHOD(Racer, "who has more, or as much with a higher priority, goes first", "[decider]") {
  begin_votes();
  PeerStatus other = standby_at(100);
  std::string words;
  SECTION("more") {
    other.position = 101;
    words = "Wal position of n2 is ahead of my wal position";
  }
  SECTION("as much") {
    other.tags.failover_priority = 2;
    words = "n2 has equally tolerable WAL position and priority 2, while this node has priority 1";
  }
  answer("n3", standby_at(90));
  const Step step = answer("n2", other);
  CHECK_FALSE(takes_lock(step));
  CHECK(step.reason == words);
  CHECK(step.next_tick == now() + 1s);
  CHECK(goes_on(step));  // its own vote stays
}

TEST_CASE_METHOD(Racer, "votes are waited for for two seconds", "[decider]") {
  CHECK_FALSE(takes_lock(begin_votes()));
  const TimePoint began = now();
  answer("n2", standby_at(90));
  SECTION("n3 does not answer") {
    CHECK_FALSE(takes_lock(wait(1999ms)));
    CHECK(takes_lock(wait(1ms)));
  }
  SECTION("n3 answers a question from before that") {
    tell(PeerAnswer{"n3", began - 1ms, standby_at(200)});
    CHECK_FALSE(takes_lock(wait(1999ms)));
    CHECK(takes_lock(wait(1ms)));
  }
  SECTION("n3 answers such a question when the time is over") {
    pass(2s);
    CHECK(takes_lock(tell(PeerAnswer{"n3", began - 1ms, standby_at(200)})));
  }
  SECTION("n3 has nothing to tell") {
    CHECK(takes_lock(answer("n3", std::nullopt)));
  }
}

TEST_CASE_METHOD(Racer, "answers from the moment when the votes began count as votes", "[decider]") {
  see_store();
  answer("n2", standby_at(101));
  answer("n3", standby_at(90));
  const Step step = look(true);
  CHECK_FALSE(takes_lock(step));
  CHECK(step.reason == "Wal position of n2 is ahead of my wal position");
}

TEST_CASE_METHOD(Racer, "a vote that is not final is asked for again each 100 ms", "[decider]") {
  begin_votes();
  const TimePoint began = now();
  pass(10ms);
  answer("n2", standby_at(90));
  Step step = answer("n3", agent_at(90, std::nullopt));
  CHECK_FALSE(takes_lock(step));
  CHECK(step.next_tick == began + 100ms);
  step = wait(89ms);
  CHECK(questions(step).empty());
  step = wait(1ms);
  CHECK(questions(step) == Names{"n2", "n3"});
  CHECK(step.next_tick == now() + 100ms);
  // The earlier answers do not count any more: the new ones are waited for.
  CHECK_FALSE(takes_lock(wait(1ms)));
  CHECK_FALSE(takes_lock(answer("n2", standby_at(90))));

  SECTION("it is final now") {
    CHECK(takes_lock(answer("n3", agent_at(90, 8))));
  }
  SECTION("it is of an earlier vacancy") {
    CHECK_FALSE(takes_lock(answer("n3", agent_at(90, 7))));
  }
  SECTION("it stays so until the time for votes is over") {
    answer("n3", agent_at(90, std::nullopt));
    while (now() < began + 1900ms) {
      step = wait(100ms);
      CHECK_FALSE(takes_lock(step));
      for (const std::string& name : questions(step)) answer(name, agent_at(90, std::nullopt));
    }
    look(true);
    CHECK(takes_lock(wait(began + 2s - now())));
  }
}

TEST_CASE_METHOD(Racer, "a WAL receiver that comes back ends the vote", "[decider]") {
  begin_votes();
  pass(10ms);
  answer("n2", standby_at(90));
  look(false);
  Step step = answer("n3", standby_at(90));
  CHECK_FALSE(takes_lock(step));
}

TEST_CASE_METHOD(Racer, "in synchronous mode only those whom /sync names are rivals", "[decider]") {
  view.sync.mod_revision = 5;
  view.sync.leader = "n2";
  view.sync.standbys = {"n1"};
  SECTION("the former leader may have more: nobody was told that it was written") {
    begin_votes();
    answer("n3", standby_at(90));
    const Step step = answer("n2", standby_at(110));
    REQUIRE(takes_lock(step));
    CHECK(orders<AcquireLock>(step)[0].sync_revision == 5);
  }
  SECTION("somebody else has more, and may not race") {
    begin_votes();
    answer("n2", standby_at(90));
    CHECK(takes_lock(answer("n3", standby_at(110))));
  }
  SECTION("another synchronous standby has more") {
    view.sync.standbys = {"n1", "n3"};
    begin_votes();
    answer("n2", standby_at(90));
    CHECK_FALSE(takes_lock(answer("n3", standby_at(110))));
  }
}

TEST_CASE_METHOD(Racer, "a node that somebody asked for need not have the most", "[decider]") {
  view.failover = {8, "", "n1", true};
  SECTION("another one has more") {
    begin_votes();
    answer("n3", standby_at(90));
    const Step step = answer("n2", standby_at(110));
    CHECK(takes_lock(step));
    CHECK(step.reason == "somebody asked for this node");
  }
  SECTION("another one is preferred") {
    PeerStatus preferred = standby_at(100);
    preferred.tags.failover_priority = 2;
    begin_votes();
    answer("n3", standby_at(90));
    CHECK(takes_lock(answer("n2", preferred)));
  }
  SECTION("another one is a primary") {
    begin_votes();
    answer("n3", standby_at(90));
    const Step step = answer("n2", primary());
    CHECK_FALSE(takes_lock(step));
    CHECK(step.reason == "Primary (n2) is still alive");
  }
  SECTION("another one's vote is not final yet") {
    begin_votes();
    answer("n3", standby_at(90));
    CHECK_FALSE(takes_lock(answer("n2", agent_at(110, std::nullopt))));
  }
  SECTION("it was asked for later") {
    view.failover.is_due = false;
    begin_votes();
    answer("n3", standby_at(90));
    CHECK_FALSE(takes_lock(answer("n2", standby_at(110))));
  }
  SECTION("another one was asked for, and does not answer") {
    view.failover.candidate = "n3";
    see_store();
    answer("n2", standby_at(90));
    answer("n3", std::nullopt);
    pass(10ms);
    look(true);
    answer("n3", std::nullopt);
    CHECK_FALSE(takes_lock(answer("n2", standby_at(110))));
  }
}

}  // namespace tamada::ha
