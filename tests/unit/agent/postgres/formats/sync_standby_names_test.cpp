#include "agent/postgres/formats/sync_standby_names.h"

#include <catch2/catch.hpp>

using namespace tamada::agent;

namespace {

using Mode = SyncStandbyNames::Mode;
using Names = std::vector<std::string>;

SyncStandbyNames names(Mode mode, std::uint32_t count, Names list, bool star = false) {
  return {mode, count, std::move(list), star};
}

}  // namespace

TEST_CASE("names are written as Patroni writes them", "[sync_standby_names]") {
  CHECK(format_sync_standby_names({}) == "");
  CHECK(format_sync_standby_names(names(Mode::priority, 1, {"postgres1"})) == "postgres1");
  CHECK(format_sync_standby_names(names(Mode::priority, 1, {"postgres-1"})) == "\"postgres-1\"");
  CHECK(format_sync_standby_names(names(Mode::priority, 2, {"postgres-2", "postgres-1"})) ==
        "2 (\"postgres-1\",\"postgres-2\")");
  CHECK(format_sync_standby_names(names(Mode::quorum, 1, {"postgres-1"})) == "ANY 1 (\"postgres-1\")");
  CHECK(format_sync_standby_names(names(Mode::quorum, 2, {"b", "a", "C"})) == "ANY 2 (C,a,b)");
  CHECK(format_sync_standby_names(names(Mode::quorum, 1, {}, true)) == "ANY 1 (*)");
  CHECK(format_sync_standby_names(names(Mode::priority, 1, {}, true)) == "*");
  CHECK(
      format_sync_standby_names(names(Mode::priority, 1, {"__patroni_strict_sync_replica_placeholder__"})) ==
      "__patroni_strict_sync_replica_placeholder__");
}

TEST_CASE("names that are no identifiers are quoted", "[sync_standby_names]") {
  CHECK(quote_standby_name("first") == "\"first\"");
  CHECK(quote_standby_name("Any") == "\"Any\"");
  CHECK(quote_standby_name("a.b") == "\"a.b\"");
  CHECK(quote_standby_name("1a") == "\"1a\"");
  CHECK(quote_standby_name("a\"b") == "\"a\"\"b\"");
  CHECK(quote_standby_name("PG1") == "PG1");
  CHECK(quote_standby_name("a$") == "a$");
  CHECK(quote_standby_name("") == "\"\"");
  CHECK(quote_standby_name("\xC3\xBC") == "\"\xC3\xBC\"");
}

TEST_CASE("what users write is read as the server reads it", "[sync_standby_names]") {
  CHECK(parse_sync_standby_names("") == names(Mode::off, 0, {}));
  CHECK(parse_sync_standby_names("  ") == names(Mode::off, 0, {}));
  CHECK(parse_sync_standby_names(" a , b ") == names(Mode::priority, 1, {"a", "b"}));
  CHECK(parse_sync_standby_names("FIRST 2 (a,B,\"c d\")") == names(Mode::priority, 2, {"a", "B", "c d"}));
  CHECK(parse_sync_standby_names("2(\"a.b\",c)") == names(Mode::priority, 2, {"a.b", "c"}));
  CHECK(parse_sync_standby_names("aNy 4(\"a\",*,b)") == names(Mode::quorum, 4, {"a", "b"}, true));
  CHECK(parse_sync_standby_names("*") == names(Mode::priority, 1, {}, true));
  CHECK(parse_sync_standby_names("\"a\"\"b\"") == names(Mode::priority, 1, {"a\"b"}));
  CHECK(parse_sync_standby_names("\"any\"") == names(Mode::priority, 1, {"any"}));
  CHECK(parse_sync_standby_names("1") == names(Mode::priority, 1, {"1"}));
  CHECK(parse_sync_standby_names("\xC3\xBC") == names(Mode::priority, 1, {"\xC3\xBC"}));
}

TEST_CASE("what the server refuses is none", "[sync_standby_names]") {
  for (const char* text :
       {"a,", ",a", "any", "first, a", "a, any", "ANY 4(\"a\" b)", "FIRST 4(\"a\",)", "2 (,)", "2 ()",
        "0 (a)", "ANY (a)", "2 (a", "a)", "a b", "\"a", "a.b", "a;b", "99999999999 (a)"}) {
    INFO(text);
    CHECK_FALSE(parse_sync_standby_names(text));
  }
}

TEST_CASE("what is written is read again", "[sync_standby_names]") {
  for (const SyncStandbyNames& one :
       {names(Mode::priority, 1, {"any"}), names(Mode::priority, 2, {"A.b", "c\"d"}),
        names(Mode::quorum, 1, {"x"}), names(Mode::quorum, 3, {"1", "first", "\xC3\xBC"}),
        names(Mode::quorum, 1, {"a"}, true)}) {
    CHECK(parse_sync_standby_names(format_sync_standby_names(one)) == one);
  }
}

TEST_CASE("standbys are compared without regard to case", "[sync_standby_names]") {
  const SyncStandbyNames some = names(Mode::priority, 1, {"PG-1"}, true);
  CHECK(names_standby(some, "pg-1"));
  CHECK_FALSE(names_standby(some, "pg-2"));
}
