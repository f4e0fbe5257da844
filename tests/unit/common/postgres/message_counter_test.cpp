#include "common/postgres/message_counter.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::postgres;
using namespace std::string_literals;

TEST_CASE("messages count when they are whole, however they are cut", "[message_counter]") {
  const std::string stream = "p\0\0\0\x0bsecret\0"s + "S\0\0\0\4"s + "Q\0\0\0\6;\0"s;
  const std::size_t ends[] = {12, 17, 24};
  REQUIRE(stream.size() == ends[2]);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    INFO("cut after " << cut << " bytes");
    MessageCounter counter;
    counter.feed(as_bytes(stream).first(cut));
    CHECK(counter.count() ==
          static_cast<std::uint64_t>((cut >= ends[0]) + (cut >= ends[1]) + (cut >= ends[2])));
    counter.feed(as_bytes(stream).subspan(cut));
    CHECK(counter.count() == 3);
  }
  MessageCounter by_byte;
  for (const char byte : stream) by_byte.feed(as_bytes({&byte, 1}));
  CHECK(by_byte.count() == 3);
}

TEST_CASE("a message of a length that no message has is over with its length", "[message_counter]") {
  MessageCounter counter;
  counter.feed(as_bytes("p\0\0\0\0p\0\0\0\3"s));
  CHECK(counter.count() == 2);
}

TEST_CASE("an announced gigabyte is waited for, and not kept", "[message_counter]") {
  MessageCounter counter;
  counter.feed(as_bytes("p\x7f\xff\xff\xff"s));
  counter.feed(as_bytes(std::string(100000, 'x')));
  CHECK(counter.count() == 0);
}
