#include "common/base/quantity.h"

#include <catch2/catch.hpp>

using namespace tamada;

TEST_CASE("durations are read with their unit and refused without", "[quantity]") {
  CHECK(*parse_duration("100ms") == 100ms);
  CHECK(*parse_duration("3s") == 3s);
  CHECK(*parse_duration("1.5s") == 1500ms);
  CHECK(*parse_duration("5min") == 5min);
  CHECK(*parse_duration("5m") == 5min);
  CHECK(*parse_duration("2 h") == 120min);
  CHECK(*parse_duration("0") == 0s);
  CHECK(parse_duration("3").error().message ==
        "\"3\": the unit is missing; expected a duration such as 100ms, 3s, 5min or 1h");
  CHECK(parse_duration("3 weeks").error().message ==
        "\"3 weeks\": unknown unit \"weeks\"; expected a duration such as 100ms, 3s, 5min or 1h");
  for (const char* bad : {"", "s", "-1s", "nan", "inf", "1e300h"})
    CHECK_FALSE(parse_duration(bad).has_value());
}

TEST_CASE("sizes count in powers of 1024, as PostgreSQL does", "[quantity]") {
  CHECK(*parse_size("16MB") == 16U * 1024 * 1024);
  CHECK(*parse_size("1kB") == 1024);
  CHECK(*parse_size("512") == 512);
  CHECK(*parse_size("1gb") == 1ULL << 30);
  for (const char* bad : {"", "MB", "-1MB", "16MiB/s", "99999999TB"})
    CHECK_FALSE(parse_size(bad).has_value());
}

TEST_CASE("what is formatted reads back the same", "[quantity]") {
  for (const Duration span :
       {Duration(0), Duration(1), Duration(100ms), Duration(3s), Duration(90s), Duration(60min)}) {
    CHECK(*parse_duration(format_duration(span)) == span);
  }
  for (const std::uint64_t bytes : {0ULL, 1ULL, 1000ULL, 1024ULL, 16ULL << 20, 3ULL << 40}) {
    CHECK(*parse_size(format_size(bytes)) == bytes);
  }
}
