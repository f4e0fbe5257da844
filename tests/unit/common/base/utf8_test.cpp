#include "common/base/utf8.h"

#include <catch2/catch.hpp>

#include <string>

using namespace tamada;

namespace {

std::string code_of(std::string_view bytes) {
  const Utf8Char c = read_utf8(bytes);
  if (!c.valid) return "broken";
  return std::to_string(static_cast<unsigned long>(c.code)) + "/" + std::to_string(c.length);
}

}  // namespace

TEST_CASE("characters of one to four bytes are read", "[utf8]") {
  CHECK(code_of("A") == "65/1");
  CHECK(code_of("\xc3\xa9") == "233/2");
  CHECK(code_of("\xe2\x82\xac") == "8364/3");
  CHECK(code_of("\xf0\x9f\x90\x98") == "128024/4");
  CHECK(code_of(std::string_view("\0", 1)) == "0/1");
}

TEST_CASE("broken, cut, overlong and surrogate sequences are one bad byte", "[utf8]") {
  for (const char* bytes : {"\x80", "\xff", "\xc3", "\xe2\x82", "\xc3(", "\xc0\xaf", "\xe0\x80\x80",
                            "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xf0\x80\x80\x80"}) {
    INFO(bytes);
    CHECK(code_of(bytes) == "broken");
    CHECK(read_utf8(bytes).length == 1);
  }
}

TEST_CASE("what ends a line or steers a terminal is a control character", "[utf8]") {
  for (const char32_t code : {U'\n', U'\x1b', U'\x7f', U'\x85', U'\x2028', U'\x202e', U'\x2066'})
    CHECK(is_control(code));
  for (const char32_t code : {U' ', U'a', U'é', U'€', U'\xa0'}) CHECK_FALSE(is_control(code));
}

TEST_CASE("a text that is too long is cut between characters and says what is missing", "[utf8]") {
  CHECK(tamada::shortened("short", 5) == "short");
  CHECK(tamada::shortened("longer", 5) == "longe ... (1 bytes more)");
  CHECK(tamada::shortened("ab\xc3\xa4z", 3) == "ab ... (3 bytes more)");
  CHECK(tamada::shortened(std::string(1'400'000, 'x'), 255) ==
        std::string(255, 'x') + " ... (1399745 bytes more)");
}
