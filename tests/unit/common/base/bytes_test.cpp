#include "common/base/bytes.h"

#include <catch2/catch.hpp>

using namespace tamada;

TEST_CASE("numbers are in network order", "[bytes]") {
  std::string out;
  append_u16(out, 0x0102);
  append_u32(out, 0xfffefdfc);
  CHECK(out == std::string("\x01\x02\xff\xfe\xfd\xfc", 6));
  CHECK(read_u16(as_bytes(out)) == 0x0102);
  CHECK(read_u32(as_bytes(out).subspan(2)) == 0xfffefdfc);
}

TEST_CASE("foreign bytes are printed on one line, escaped and bounded", "[bytes]") {
  CHECK(printable("plain text") == "plain text");
  CHECK(printable(std::string_view("a\0\n\x1b[31m\\\xff", 9)) == "a\\x00\\x0a\\x1b[31m\\x5c");
  CHECK(printable("12345678", 4) == "1234...");
  CHECK(printable("1234", 4) == "1234");
}
