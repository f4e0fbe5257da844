// python_text() and the readers of numbers and switches. What is expected was printed by Python 3.11.
#include "common/patroni/dynamic/python_value.h"

#include "tests/unit/common/patroni/dynamic/dynamic.h"

using namespace tamada::patroni;

TEST_CASE("values are shown as Python's str() shows them", "[python_value]") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"null", "None"},
      {"true", "True"},
      {"false", "False"},
      {"7", "7"},
      {"-7", "-7"},
      {"1.0", "1.0"},
      {"0.1", "0.1"},
      {"1e16", "1e+16"},
      {"123456789012345.0", "123456789012345.0"},
      {"0.00001", "1e-05"},
      {"0.0001", "0.0001"},
      {R"("text")", "text"},
      {R"("it's")", "it's"},
      {R"([1, "a", null, true])", "[1, 'a', None, True]"},
      {R"({"a": "it's", "b": []})", R"({'a': "it's", 'b': []})"},
      {R"(["a\\b\n", "both ' and \""])", R"(['a\\b\n', 'both \' and "'])"},
      {"{}", "{}"},
  };
  for (const auto& [value, text] : cases) {
    INFO(value);
    CHECK(python_text(json(value)) == text);
  }
}

TEST_CASE("a text that is not empty is true, whatever it says", "[python_value]") {
  for (const char* value : {"true", "1", "-1", R"("false")", R"("0")", "[0]", R"({"a": null})", "0.5"}) {
    INFO(value);
    CHECK(python_truth(json(value)));
  }
  for (const char* value : {"null", "false", "0", R"("")", "[]", "{}", "0.0"}) {
    INFO(value);
    CHECK_FALSE(python_truth(json(value)));
  }
}

TEST_CASE("a switch is one of eight words in any case, a boolean, or 0 or 1", "[python_value]") {
  for (const char* value : {"true", "1", R"("on")", R"("ON")", R"("True")", R"("yes")", R"("1")"}) {
    INFO(value);
    CHECK(parse_switch(json(value)) == true);
  }
  for (const char* value : {"false", "0", R"("off")", R"("False")", R"("no")", R"("0")"}) {
    INFO(value);
    CHECK(parse_switch(json(value)) == false);
  }
  for (const char* value : {"null", "2", "1.0", R"("")", R"("t")", R"(" on")", "[true]"}) {
    INFO(value);
    CHECK_FALSE(parse_switch(json(value)));
  }
}

TEST_CASE("whole numbers are also taken as text, in three bases, and are rounded", "[python_value]") {
  const std::vector<std::pair<std::string, std::int64_t>> cases{
      {"7", 7},          {"-7", -7},   {R"("7")", 7}, {R"(" 7 ")", 7}, {R"("0x1F")", 31},  {R"("010")", 8},
      {R"("-10")", -10}, {"30.4", 30}, {"30.6", 31},  {R"("0")", 0},   {R"("1.5e1")", 15}, {R"("+3")", 3}};
  for (const auto& [value, number] : cases) {
    INFO(value);
    CHECK(parse_whole(json(value)) == number);
  }
  for (const char* value : {"null", "true", "[1]", R"("")", R"("soon")", R"("7s")",
                            R"("99999999999999999999")", "1e300", R"("nan")", R"("7 8")"}) {
    INFO(value);
    CHECK_FALSE(parse_whole(json(value)));
  }
}

TEST_CASE("a unit counts where one is expected", "[python_value]") {
  CHECK(parse_whole(json(R"("30min")"), BaseUnit::seconds) == 1800);
  CHECK(parse_whole(json(R"("1.5h")"), BaseUnit::seconds) == 5400);
  CHECK(parse_whole(json(R"("1500ms")"), BaseUnit::seconds) == 2);
  CHECK(parse_whole(json(R"("2 d")"), BaseUnit::seconds) == 172800);
  CHECK(parse_whole(json(R"("1GB")"), BaseUnit::megabytes) == 1024);
  CHECK(parse_whole(json(R"("128MB")"), BaseUnit::megabytes) == 128);
  CHECK(parse_whole(json(R"("16")"), BaseUnit::megabytes) == 16);
  CHECK(parse_whole(json(R"("1kB")"), BaseUnit::bytes) == 1024);
  CHECK_FALSE(parse_whole(json(R"("1MB")"), BaseUnit::seconds));
  CHECK_FALSE(parse_whole(json(R"("1mb")"), BaseUnit::megabytes));
  CHECK_FALSE(parse_whole(json(R"("1s")"), BaseUnit::megabytes));
}
