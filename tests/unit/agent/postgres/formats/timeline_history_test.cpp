#include "agent/postgres/formats/timeline_history.h"

#include <catch2/catch.hpp>

using namespace tamada::agent;

namespace {

std::string error_of(std::string_view text) {
  const auto history = parse_timeline_history(text);
  REQUIRE_FALSE(history);
  return history.error().message;
}

}  // namespace

TEST_CASE("a timeline's history names its ancestors and where they ended", "[timeline_history]") {
  const auto history = parse_timeline_history(
      "1\t0/3000000\tno recovery target specified\n\n# a remark\n"
      "2\t0/5000110\tno recovery target specified\n");
  REQUIRE(history);
  CHECK(history->switches.size() == 2);
  CHECK(history->switches[0] == TimelineSwitch{1, 0x3000000, "no recovery target specified"});
  CHECK(history->end_of(1) == 0x3000000U);
  CHECK(history->end_of(2) == 0x5000110U);
  CHECK_FALSE(history->end_of(3));
}

TEST_CASE("an empty history has no ancestors", "[timeline_history]") {
  const auto history = parse_timeline_history("");
  REQUIRE(history);
  CHECK(history->switches.empty());
}

TEST_CASE("a reason may be missing, and two ends may be alike", "[timeline_history]") {
  const auto history = parse_timeline_history("1\t0/3000000\n2\t0/3000000\tx\r\n");
  REQUIRE(history);
  CHECK(history->switches == std::vector<TimelineSwitch>{{1, 0x3000000, ""}, {2, 0x3000000, "x"}});
}

TEST_CASE("a history with one line that cannot be read is none", "[timeline_history]") {
  CHECK(error_of("1\t0/3000000\tx\ntwo\t0/4000000\tx\n") ==
        "timeline history, line 2: \"two\\x090/4000000\\x09x\" is no timeline with the position where it "
        "ended, "
        "such as \"1 0/3000000\"");
  CHECK(error_of("1\n").find("line 1") != std::string::npos);
  CHECK(error_of("0\t0/1\tx\n").find("line 1") != std::string::npos);
  CHECK(error_of("1\t03000000\tx\n").find("line 1") != std::string::npos);
}

TEST_CASE("timelines and their ends must grow", "[timeline_history]") {
  CHECK(error_of("2\t0/1\tx\n2\t0/2\tx\n").find("no later timeline") != std::string::npos);
  CHECK(error_of("1\t0/2\tx\n2\t0/1\tx\n").find("ended before") != std::string::npos);
}

TEST_CASE("a history file is named by its timeline", "[timeline_history]") {
  CHECK(timeline_history_name(2) == "00000002.history");
  CHECK(timeline_history_name(0xABCDEF01) == "ABCDEF01.history");
}
