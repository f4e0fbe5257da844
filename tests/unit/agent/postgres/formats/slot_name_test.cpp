#include "agent/postgres/formats/slot_name.h"

#include <catch2/catch.hpp>

using namespace tamada::agent;

// The expected names are what slot_name_from_member_name() of Patroni answers.
TEST_CASE("a member's slot has its name in lower case with underscores", "[slot_name]") {
  CHECK(slot_name_of_member("postgres-1") == "postgres_1");
  CHECK(slot_name_of_member("PG-1.Example") == "pg_1_example");
  CHECK(slot_name_of_member("a_b9") == "a_b9");
  CHECK(slot_name_of_member("") == "");
}

TEST_CASE("other characters become their code points", "[slot_name]") {
  CHECK(slot_name_of_member("a b") == "au0032b");
  CHECK(slot_name_of_member("a/b") == "au0047b");
  CHECK(slot_name_of_member("Ünode") == "u0252node");
  CHECK(slot_name_of_member("\xD0\x96") == "u1078");
  CHECK(slot_name_of_member("\xF0\x9F\x98\x80") == "u128512");
}

TEST_CASE("a long name is cut where the server would refuse it", "[slot_name]") {
  CHECK(slot_name_of_member(std::string(100, 'A')) == std::string(63, 'a'));
}

TEST_CASE("bytes that are no text still give a name the server takes", "[slot_name]") {
  CHECK(slot_name_of_member("a\xFF") == "au65533");
  CHECK(is_slot_name(slot_name_of_member("\xFF\x80 ;'\"")));
}

TEST_CASE("what the server takes as a slot's name", "[slot_name]") {
  CHECK(is_slot_name("postgres_1"));
  CHECK_FALSE(is_slot_name(""));
  CHECK_FALSE(is_slot_name("Postgres"));
  CHECK_FALSE(is_slot_name("a-b"));
  CHECK_FALSE(is_slot_name(std::string(64, 'a')));
}
