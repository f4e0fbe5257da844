// A race while /failover names somebody: who waits for whom, and for how long.
#include <catch2/catch.hpp>

#include <string>

#include "tests/unit/agent/ha/race_node.h"

namespace tamada::ha {
namespace {

struct AskedFor : Racer {
  static constexpr const char* for_candidate = "waiting for n2, whom somebody named";
  static constexpr const char* for_anybody = "waiting for another node to take over, as somebody asked for";

  // Each second a race in which both answer so, until the vacancy is so old. The last step.
  Step race_until(Duration age, const std::optional<PeerStatus>& n2, const PeerStatus& n3) {
    Step step = race(n2, n3);
    const TimePoint end = began + age;
    while (now() < end) {
      pass(std::min<Duration>(1s, end - now()));
      step = race(n2, n3);
    }
    return step;
  }
  Step race(const std::optional<PeerStatus>& n2, const PeerStatus& n3) {
    look(false);
    see_store();
    answer("n3", n3);
    return answer("n2", n2);
  }
  TimePoint began = now();
};

}  // namespace

TEST_CASE_METHOD(AskedFor, "the node that somebody named goes first while it answers", "[decider]") {
  SECTION("of a fail-over") {
    view.failover = {8, "", "n2", true};
  }
  SECTION("of a switchover") {
    view.failover = {8, "n3", "n2", true};
  }
  SECTION("of a switchover in synchronous mode, where /sync names it") {
    view.failover = {8, "n3", "n2", true};
    view.sync = {5, "n3", {"n1", "n2"}, false, 0};
  }
  SECTION("of a fail-over in synchronous mode, whomever /sync names") {
    view.failover = {8, "", "n2", true};
    view.sync = {5, "n3", {"n1"}, false, 0};
  }
  Step step = race(standby_at(90), standby_at(90));
  CHECK(step.reason == for_candidate);
  CHECK_FALSE(goes_on(step));
  CHECK(step.next_tick == now() + 1s);
  step = race_until(14s, standby_at(90), standby_at(90));
  CHECK(step.reason == for_candidate);
  pass(1s);
  CHECK(goes_on(race(standby_at(90), standby_at(90))));
}

TEST_CASE_METHOD(AskedFor, "nobody waits for a named node that does not answer any more", "[decider]") {
  view.failover = {8, "n3", "n2", true};
  REQUIRE(race(standby_at(90), standby_at(90)).reason == for_candidate);
  pass(1s);
  CHECK(goes_on(race(std::nullopt, standby_at(90))));
}

TEST_CASE_METHOD(AskedFor, "nobody waits for a named node that cannot lead, or is not to lead yet",
                 "[decider]") {
  view.failover = {8, "n3", "n2", true};
  PeerStatus named = standby_at(90);
  SECTION("it cannot tell its position") {
    named.position.reset();
  }
  SECTION("nobody knows it") {
    view.failover.candidate = "n9";
  }
  SECTION("it is this node") {
    view.failover.candidate = "n1";
  }
  SECTION("a switchover in synchronous mode, and /sync does not name it") {
    view.sync = {5, "n3", {"n1"}, false, 0};
  }
  SECTION("later") {
    view.failover.is_due = false;
  }
  CHECK(goes_on(race(named, standby_at(90))));
}

TEST_CASE_METHOD(AskedFor, "an old answer of the named node keeps nobody waiting", "[decider]") {
  see_store();
  answer("n3", standby_at(90));
  REQUIRE(goes_on(wait(2s)));
  REQUIRE_FALSE(goes_on(wait(2s)));  // the WAL receiver has not gone
  pass(1s);
  view.failover = {8, "", "n2", true};
  SECTION("n2 was named") {}
  SECTION("this node is to hand over to anybody") {
    view.failover = {8, "n1", "", true};
    view.members[2].has_left = true;
  }
  ++view.revision;
  REQUIRE_FALSE(questions(see_store()).empty());
  if (!view.members[2].has_left) answer("n3", standby_at(90));
  tell(PeerAnswer{"n2", began, standby_at(90)});
  CHECK(goes_on(wait(2s)));
}

TEST_CASE_METHOD(AskedFor, "a leader that was asked to hand over lets another node take the lock",
                 "[decider]") {
  view.failover = {8, "n1", "", true};
  PeerStatus unfit = standby_at(90);
  unfit.tags.nofailover = true;
  SECTION("for 15 s") {
    CHECK(race(standby_at(90), unfit).reason == for_anybody);
    const Step step = race_until(14s, standby_at(90), unfit);
    CHECK(step.reason == for_anybody);
    CHECK_FALSE(goes_on(step));
    CHECK(step.next_tick == now() + 1s);
    pass(1s);
    CHECK(goes_on(race(standby_at(90), unfit)));
  }
  SECTION("not when none may lead") {
    CHECK(goes_on(race(unfit, unfit)));
  }
  SECTION("not when none tells its position") {
    PeerStatus silent = standby_at(90);
    silent.position.reset();
    CHECK(goes_on(race(silent, silent)));
  }
  SECTION("not when none answers") {
    CHECK(goes_on(race(std::nullopt, unfit)));
  }
  SECTION("in synchronous mode when /sync names another node") {
    view.sync = {5, "n1", {"n2"}, false, 0};
    CHECK(race(standby_at(90), unfit).reason == for_anybody);
  }
  SECTION("not in synchronous mode when /sync names none") {
    view.sync = {5, "n1", {}, false, 0};
    CHECK(goes_on(race(standby_at(90), standby_at(90))));
  }
  SECTION("not when another one was to hand over") {
    view.failover.leader = "n3";
    CHECK(goes_on(race(standby_at(90), standby_at(90))));
  }
}

}  // namespace tamada::ha
