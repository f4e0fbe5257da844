#include "agent/api/answers/wall_time.h"

#include <catch2/catch.hpp>

using namespace tamada::agent;
using namespace std::chrono_literals;

namespace {

constexpr WallTime noon{std::chrono::sys_days(std::chrono::year(2026) / 11 / 29) + 12h};

}  // namespace

TEST_CASE("timestamps of ISO 8601 are read with their zone", "[agent][wall_time]") {
  struct Row {
    const char* text;
    WallTime at;
    std::optional<std::chrono::minutes> offset;
  };
  const Row rows[] = {
      {"2026-11-29T12:00:00+00:00", noon, 0min},
      {"2026-11-29 12:00:00+00:00", noon, 0min},
      {"2026-11-29T12:00Z", noon, 0min},
      {"2026-11-29 12:00 UTC", noon, 0min},
      {"2026-11-29T13:00:00+01:00", noon, 60min},
      {"2026-11-29T13:00:00+0100", noon, 60min},
      {"2026-11-29T13:00:00+01", noon, 60min},
      {"2026-11-29T08:30:00-03:30", noon, -210min},
      {"2026-11-30T00:00:00+12:00", noon, 720min},
      {"2026-11-29T12:00:00.25+00:00", noon + 250ms, 0min},
      {"2026-11-29T12:00:00.1234567+00:00", noon + 123456us, 0min},
      {"2026-11-29T12:00:00", noon, std::nullopt},
      {"2026-11-29", noon - 12h, std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto read = parse_timestamp(row.text);
    REQUIRE(read);
    CHECK(read->at == row.at);
    CHECK(read->offset == row.offset);
  }
}

TEST_CASE("what is no timestamp is refused", "[agent][wall_time]") {
  for (const char* text : {"", "soon", "2026", "2026-13-01T00:00Z", "2026-02-30T00:00Z", "2026-11-29T24:00Z",
                           "2026-11-29T12:60Z", "2026-11-29T12", "2026-11-29T12:00:61Z", "2026-11-29T12:00Zx",
                           "2026-11-29T12:00+25:00", "2026-11-29T12:00+1", "2026-11-29T12:00:00.Z",
                           "2026-11-29X12:00Z", "12:00", "2026-11-29T12:00 +"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_timestamp(text));
  }
}

TEST_CASE("timestamps are written as Python's isoformat() does", "[agent][wall_time]") {
  for (const char* text : {"2026-11-29T12:00:00+00:00", "2026-11-29T13:00:00+01:00",
                           "2026-11-29T08:30:00-03:30", "2026-11-29T12:00:00.250000+00:00"}) {
    CHECK(iso_text(*parse_timestamp(text)) == text);
  }
  CHECK(iso_text(*parse_timestamp("2026-11-29T12:00Z")) == "2026-11-29T12:00:00+00:00");
}

TEST_CASE("moments are written for the status and for metrics", "[agent][wall_time]") {
  CHECK(status_text(noon) == "2026-11-29 12:00:00.000000+00:00");
  CHECK(status_text(noon + 5us) == "2026-11-29 12:00:00.000005+00:00");
  CHECK(epoch_text(WallTime(1500ms)) == "1.500000");
}
