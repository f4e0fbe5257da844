#include "common/base/clean_text.h"

#include <catch2/catch.hpp>

using namespace tamada;

TEST_CASE("good text stays as it is", "[clean_text]") {
  CHECK(clean_text("pg-1.example, \"x\" \\ \xC3\xA4 \xE2\x82\xAC \xF0\x9F\x90\x98") ==
        "pg-1.example, \"x\" \\ \xC3\xA4 \xE2\x82\xAC \xF0\x9F\x90\x98");
}

TEST_CASE("control characters become spaces", "[clean_text]") {
  CHECK(clean_text(std::string_view("a\nb\r\tc\0d\x7F", 9)) == "a b  c d ");
}

TEST_CASE("bytes that are no UTF-8 become U+FFFD, one by one", "[clean_text]") {
  const std::string sign = "\xEF\xBF\xBD";
  CHECK(clean_text("\xFF") == sign);
  CHECK(clean_text("a\x80z") == "a" + sign + "z");
  CHECK(clean_text("\xC3") == sign);                                   // cut short
  CHECK(clean_text("\xE2\x82") == sign + sign);                        // cut short
  CHECK(clean_text("\xC0\xAF") == sign + sign);                        // overlong "/"
  CHECK(clean_text("\xED\xA0\x80") == sign + sign + sign);             // a surrogate
  CHECK(clean_text("\xF4\x90\x80\x80") == sign + sign + sign + sign);  // above U+10FFFF
}

TEST_CASE("plain text has neither commas nor double quotes", "[clean_text]") {
  CHECK(plain_text("a, \"b\"\n") == "a; 'b' ");
}
