#include "common/config/setting_value.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace tamada;

namespace {

enum class Color { red, green };
constexpr std::array<Word<Color>, 2> colors{{{"red", Color::red}, {"green", Color::green}}};

template <class T>
std::string why_not(const Result<T>& result) {
  return result ? "taken" : result.error().message;
}

}  // namespace

TEST_CASE("a switch has three spellings of each side", "[setting_value]") {
  for (const char* yes : {"true", "on", "yes"}) CHECK(parse_switch(yes) == true);
  for (const char* no : {"false", "off", "no"}) CHECK(parse_switch(no) == false);
  CHECK(why_not(parse_switch("True")) == "\"True\": expected true or false");
}

TEST_CASE("numbers and durations have limits, which are told", "[setting_value]") {
  CHECK(parse_count("5", 1, 10) == 5U);
  CHECK(why_not(parse_count("11", 1, 10)) == "\"11\": expected a number from 1 to 10");
  CHECK(why_not(parse_count("5x", 1, 10)) == "\"5x\": expected a number from 1 to 10");
  CHECK(why_not(parse_count("", 0, 10)) == "\"\": expected a number from 0 to 10");
  using namespace std::chrono_literals;
  CHECK(parse_span("2s", 1s, 10s, false) == Duration(2s));
  CHECK(parse_span("off", 1s, 10s, true) == Duration::zero());
  CHECK(why_not(parse_span("off", 1s, 10s, false)) != "taken");
  CHECK(why_not(parse_span("11s", 1s, 10s, true)) == "\"11s\": expected 1s to 10s, or off");
}

TEST_CASE("an address to listen on is an address of a machine, with a port", "[setting_value]") {
  CHECK(parse_bind("127.0.0.1:5000")->port == 5000);
  CHECK(parse_bind("[::]:5000").has_value());
  CHECK(why_not(parse_bind("pg1:5000")).find("is not an IP address of this machine") != std::string::npos);
  CHECK(why_not(parse_bind("127.0.0.1")).ends_with(", such as 0.0.0.0:5000 or [::]:5000"));
}

TEST_CASE("a word has a value, and a slip of it a hint", "[setting_value]") {
  CHECK(parse_word("green", colors) == Color::green);
  CHECK(format_word(Color::red, colors) == "red");
  CHECK(why_not(parse_word("gren", colors)) == "\"gren\": expected red or green (did you mean \"green\"?)");
  CHECK(why_not(parse_word("blue-ish", colors)) == "\"blue-ish\": expected red or green");
}

TEST_CASE("a list is cut at commas and line ends", "[setting_value]") {
  CHECK(split_list(" a, b\r\n\nc,,").size() == 3);
  CHECK(split_list("").empty());
  CHECK(split_list("one").front() == "one");
}

TEST_CASE("a text is plain YAML where that is safe, else in quotes", "[setting_value]") {
  CHECK(as_yaml("/etc/key.pem") == "/etc/key.pem");
  CHECK(as_yaml("a b") == "\"a b\"");
  CHECK(as_yaml("") == "\"\"");
  CHECK(as_yaml("null") == "\"null\"");
  CHECK(as_yaml("a\"b\\") == "\"a\\\"b\\\\\"");
}
