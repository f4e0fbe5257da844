#include "agent/server/actions/timeline_reservation.h"

#include <catch2/catch.hpp>

namespace tamada::agent {
namespace {

TEST_CASE("the timeline of a history file is in its name", "[actions]") {
  CHECK(timeline_of_history_name("0000000A.history") == 10);
  CHECK(timeline_of_history_name("FFFFFFFF.history") == 0xFFFFFFFF);
  CHECK_FALSE(timeline_of_history_name("0000000a.history"));
  CHECK_FALSE(timeline_of_history_name("00000000.history"));
  CHECK_FALSE(timeline_of_history_name("0000000A.history.new"));
  CHECK_FALSE(timeline_of_history_name("000000010000000000000001"));
  CHECK_FALSE(timeline_of_history_name(""));
}

TEST_CASE("the newest timeline is the last one before a number without a history", "[actions]") {
  CHECK(newest_found({}, 1) == 1);
  CHECK(newest_found({{3, false}, {2, false}}, 1) == 3);
  CHECK(newest_found({{2, false}, {4, false}}, 1) == 2);
  CHECK(newest_found({{2, false}}, 2) == 2);
}

TEST_CASE("a reserved timeline wants a history of each before it", "[actions]") {
  CHECK(missing_between({}, 1, 2).empty());
  CHECK(missing_between({}, 1, 4) == std::vector<Timeline>{2, 3});
  CHECK(missing_between({{3, false}}, 1, 5) == std::vector<Timeline>{2, 4});
}

TEST_CASE("what was placed for a promotion that did not come is left behind", "[actions]") {
  CHECK(left_behind({{2, true}, {3, true}}, 1) == std::vector<Timeline>{2, 3});
  // The promotion came: its standbys need them.
  CHECK(left_behind({{2, true}, {3, false}}, 1).empty());
  CHECK(left_behind({{2, true}}, 3).empty());
  // Those of an earlier promotion stay, those of a later one go.
  CHECK(left_behind({{2, true}, {3, false}, {4, true}}, 1) == std::vector<Timeline>{4});
  CHECK(left_behind({{2, false}}, 1).empty());
}

TEST_CASE("the control file's timeline is that of the checkpoint, or of a recovery beyond it", "[actions]") {
  ControlData control;
  CHECK(newest_timeline_of(control) == 0);
  control.timeline = 2;
  CHECK(newest_timeline_of(control) == 2);
  control.min_recovery_end_timeline = 3;
  CHECK(newest_timeline_of(control) == 3);
}

}  // namespace
}  // namespace tamada::agent
