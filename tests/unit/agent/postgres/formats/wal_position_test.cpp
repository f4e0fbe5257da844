#include "agent/postgres/formats/wal_position.h"

#include <catch2/catch.hpp>

using namespace tamada::agent;

TEST_CASE("a position in the log is two hexadecimal halves", "[wal_position]") {
  CHECK(parse_wal_position("0/3000060") == 0x3000060U);
  CHECK(parse_wal_position("0/0") == 0U);
  CHECK(parse_wal_position("16/B374D848") == 0x16B374D848U);
  CHECK(parse_wal_position("FFFFFFFF/FFFFFFFF") == 0xFFFFFFFFFFFFFFFFU);
  CHECK(parse_wal_position("a/b") == 0xA0000000BU);
  CHECK(parse_wal_position("0/03000060") == 0x3000060U);
}

TEST_CASE("what is no position in the log is none", "[wal_position]") {
  for (const char* text : {"", "/", "0", "0/", "/0", " 0/1", "0/1 ", "0x0/1", "0/0x1", "-1/0", "0/+1",
                           "0/1/2", "000000000/1", "0/000000001", "G/0", "0/1\n"}) {
    INFO(text);
    CHECK_FALSE(parse_wal_position(text));
  }
}

TEST_CASE("a position is written as the server writes it", "[wal_position]") {
  CHECK(format_wal_position(0x3000060) == "0/3000060");
  CHECK(format_wal_position(0) == "0/0");
  CHECK(format_wal_position(0x16B374D848) == "16/B374D848");
  CHECK(format_wal_position_padded(0x3000060) == "0/03000060");
}

TEST_CASE("segments are powers of two from 1 MB to 1 GB", "[wal_position]") {
  CHECK(is_wal_segment_size(1 << 20));
  CHECK(is_wal_segment_size(16 << 20));
  CHECK(is_wal_segment_size(1024 << 20));
  CHECK_FALSE(is_wal_segment_size(0));
  CHECK_FALSE(is_wal_segment_size(1 << 19));
  CHECK_FALSE(is_wal_segment_size(3 << 20));
  CHECK_FALSE(is_wal_segment_size(std::uint64_t{1} << 31));
}

TEST_CASE("names of segments depend on their size", "[wal_position]") {
  constexpr std::uint64_t usual = 16 << 20;
  constexpr std::uint64_t large = 1 << 30;
  CHECK(parse_wal_segment_name("000000010000000000000003", usual) == WalSegment{1, 3});
  CHECK(parse_wal_segment_name("0000000A00000002000000FF", usual) == WalSegment{10, 2 * 256 + 255});
  CHECK(parse_wal_segment_name("0000000A0000000200000003", large) == WalSegment{10, 2 * 4 + 3});
  CHECK(wal_segment_name({10, 2 * 256 + 255}, usual) == "0000000A00000002000000FF");
  CHECK(wal_segment_name({10, 2 * 4 + 3}, large) == "0000000A0000000200000003");
}

TEST_CASE("other files of the log's folder are no segments", "[wal_position]") {
  constexpr std::uint64_t usual = 16 << 20;
  for (const char* name : {"", "00000002.history", "000000010000000000000003.partial", "archive_status",
                           "00000001000000000000000g", "00000001000000000000000a", "0000000100000000000003",
                           "000000000000000000000003", "000000010000000000000100"}) {
    INFO(name);
    CHECK_FALSE(parse_wal_segment_name(name, usual));
  }
  CHECK(looks_like_wal_segment("000000010000000000000100"));
  CHECK_FALSE(looks_like_wal_segment("00000002.history"));
}
