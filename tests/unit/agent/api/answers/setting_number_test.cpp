#include "agent/api/answers/setting_number.h"

#include <catch2/catch.hpp>

using namespace tamada::agent;

TEST_CASE("sizes are read as PostgreSQL reads them", "[agent][setting_number]") {
  const auto bytes = [](std::string_view text) { return setting_number(text, BaseUnit::bytes); };
  CHECK(bytes("0") == 0);
  CHECK(bytes("16") == 16);
  CHECK(bytes(" 16 ") == 16);
  CHECK(bytes("16B") == 16);
  CHECK(bytes("16kB") == 16 * 1024);
  CHECK(bytes("10MB") == 10 * 1024 * 1024);
  CHECK(bytes("1 GB") == 1024 * 1024 * 1024);
  CHECK(bytes("2TB") == std::int64_t{2} * 1024 * 1024 * 1024 * 1024);
  CHECK(bytes("1.5MB") == 1536 * 1024);
  CHECK(bytes("0x10") == 16);
  CHECK(bytes("-1") == -1);
  CHECK(bytes("+1") == 1);
}

TEST_CASE("times are read in seconds", "[agent][setting_number]") {
  const auto seconds = [](std::string_view text) { return setting_number(text, BaseUnit::seconds); };
  CHECK(seconds("30") == 30);
  CHECK(seconds("30s") == 30);
  CHECK(seconds("2min") == 120);
  CHECK(seconds("1h") == 3600);
  CHECK(seconds("1d") == 86400);
  CHECK(seconds("1500ms") == 2);
  CHECK(seconds("30kB") == std::nullopt);
}

TEST_CASE("what is no number with a known unit is none", "[agent][setting_number]") {
  for (const char* text :
       {"", " ", "x", "10mb", "10 m", "kB", "--1", "+-1", "inf", "nan", "0x", "1e400", "9e30", "1 0"}) {
    CAPTURE(text);
    CHECK_FALSE(setting_number(text, BaseUnit::bytes));
  }
}
