#include "agent/postgres/formats/waldump_text.h"

#include <catch2/catch.hpp>

#include <string>

using namespace tamada::agent;

namespace {

const std::string record =
    "rmgr: XLOG        len (rec/tot):    114/   114, tx:          0, lsn: 0/0182E220, prev 0/0182E1A8, desc: "
    "CHECKPOINT_SHUTDOWN redo 0/182E220; tli 1; prev tli 1\n";
const std::string end_15 =
    "pg_waldump: error: error in WAL record at 0/182E220: invalid record length at 0/182E298: wanted 24, got "
    "0\n";
const std::string end_17 =
    "pg_waldump: error: error in WAL record at 0/182E220: invalid record length at 0/182E298: expected at "
    "least 24, "
    "got 0\n";

}  // namespace

TEST_CASE("the end of the checkpoint is where the next record cannot be read", "[waldump_text]") {
  CHECK(checkpoint_end_in(record, end_15, 0x182E220) == 0x182E298U);
  CHECK(checkpoint_end_in(record, end_17, 0x182E220) == 0x182E298U);
}

TEST_CASE("where something else stands behind the checkpoint its end is not known", "[waldump_text]") {
  CHECK_FALSE(checkpoint_end_in(record + record, end_15, 0x182E220));
  CHECK_FALSE(checkpoint_end_in(record, "", 0x182E220));
  CHECK_FALSE(checkpoint_end_in("", end_15, 0x182E220));
  CHECK_FALSE(checkpoint_end_in(record, end_15, 0x182E221));
  CHECK_FALSE(checkpoint_end_in(record, end_15 + end_15, 0x182E220));
  CHECK_FALSE(checkpoint_end_in(record, "pg_waldump: ошибка\n", 0x182E220));
  std::string other_length = end_15;
  other_length.replace(other_length.find("got 0"), 5, "got 7");
  CHECK_FALSE(checkpoint_end_in(record, other_length, 0x182E220));
  std::string before = end_15;
  before.replace(before.find("0/182E298"), 9, "0/182E200");
  CHECK_FALSE(checkpoint_end_in(record, before, 0x182E220));
}

TEST_CASE("a record's line is taken apart", "[waldump_text]") {
  const auto parsed = parse_waldump_line(record);
  REQUIRE(parsed);
  CHECK(parsed->manager == "XLOG");
  CHECK(parsed->position == 0x182E220U);
  CHECK(parsed->previous == 0x182E1A8U);
  CHECK(parsed->description == "CHECKPOINT_SHUTDOWN redo 0/182E220; tli 1; prev tli 1");
  CHECK_FALSE(parse_waldump_line(""));
  CHECK_FALSE(parse_waldump_line("rmgr: XLOG len lsn: 0/1"));
}

TEST_CASE("a switch of the segment before the checkpoint is what replicas wait for", "[waldump_text]") {
  const WalRecord switched{"XLOG", 0x2000100, 0x2000000, "SWITCH"};
  CHECK(shutdown_position(0x3000028, switched) == 0x2000100U);
  CHECK(shutdown_position(0x3000028, std::nullopt) == 0x3000028U);
  CHECK(shutdown_position(0x3000028, WalRecord{"XLOG", 0x2000100, 0, "CHECKPOINT_ONLINE"}) == 0x3000028U);
  CHECK(shutdown_position(0x3000028, WalRecord{"Heap", 0x2000100, 0, "SWITCH"}) == 0x3000028U);
  CHECK(shutdown_position(0x3000028, WalRecord{"XLOG", 0x4000000, 0, "SWITCH"}) == 0x3000028U);
}
