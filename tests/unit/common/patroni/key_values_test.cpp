// The smaller values of the store: sync, status, history, failover, failsafe, initialize.
#include <catch2/catch.hpp>

#include "common/patroni/cluster_members.h"
#include "common/patroni/failover_value.h"
#include "common/patroni/failsafe_value.h"
#include "common/patroni/history_value.h"
#include "common/patroni/patroni_tags.h"
#include "common/patroni/status_value.h"
#include "common/patroni/store_keys.h"
#include "common/patroni/sync_value.h"

using namespace tamada::patroni;

TEST_CASE("the sync key's names are sorted and joined by commas alone", "[sync_value]") {
  CHECK(write_sync_value({"pg1", {"pg3", "pg2", "pg3"}, 0}) ==
        R"({"leader":"pg1","quorum":0,"sync_standby":"pg2,pg3"})");
  CHECK(write_sync_value({"pg1", {}, 2}) == R"({"leader":"pg1","quorum":2,"sync_standby":null})");
  CHECK(write_sync_value({}) == R"({"leader":null,"quorum":0,"sync_standby":null})");
  const auto again = read_sync_value(R"({"leader":"pg1","quorum":1,"sync_standby":"pg2,pg3"})");
  CHECK(again.problem.empty());
  CHECK(again.value == SyncValue{"pg1", {"pg2", "pg3"}, 1});
}

TEST_CASE("names of the sync key are compared without regard to case", "[sync_value]") {
  const SyncValue sync = read_sync_value(R"({"leader":"PG1","sync_standby":" Pg2 ,,pg-3 "})").value;
  CHECK(sync.voters == std::vector<std::string>{"Pg2", "pg-3"});
  CHECK(sync.quorum == 0);
  CHECK(sync.has_voter("pg2"));
  CHECK(sync.has_voter("PG-3"));
  CHECK_FALSE(sync.has_voter("pg1"));
  CHECK_FALSE(sync.has_voter(""));
  CHECK(sync.is_leader("pg1"));
  CHECK(sync.members() == std::vector<std::string>{"PG1", "Pg2", "pg-3"});
}

TEST_CASE("a sync key that is nobody's or unreadable is empty", "[sync_value]") {
  for (const char* text :
       {"{}", R"({"leader":null,"sync_standby":"a"})", R"({"leader":"","sync_standby":"a"})"}) {
    INFO(text);
    CHECK(read_sync_value(text).value == SyncValue{});
    CHECK(read_sync_value(text).problem.empty());
    CHECK_FALSE(read_sync_value(text).value.has_voter("a"));
    CHECK(read_sync_value(text).value.members().empty());
  }
  for (const std::string& text :
       {std::string("{"), std::string("[]"), std::string("null"), std::string(),
        std::string(R"({"leader":7})"), std::string(R"({"leader":"a","quorum":"x"})"),
        std::string(R"({"leader":"a","sync_standby":["b"]})"), std::string(R"({"leader":"a","quorum":1000})"),
        R"({"leader":"a","sync_standby":"b,)" + std::string(name_max + 1, 'x') + "\"}"}) {
    INFO(text.substr(0, 60));
    CHECK(read_sync_value(text).value == SyncValue{});
    CHECK_FALSE(read_sync_value(text).problem.empty());
  }
}

TEST_CASE("the status is written with the parts that are there", "[status_value]") {
  CHECK(write_status_value({7, {}, {}}) == R"({"optime":7})");
  CHECK(write_status_value({7, std::map<std::string, std::uint64_t, std::less<>>{}, {}}) ==
        R"({"optime":7})");
  StatusValue full{67108864, std::map<std::string, std::uint64_t, std::less<>>{{"b", 2}, {"a", 1}}, {"pg2"}};
  const std::string text = write_status_value(full);
  CHECK(text == R"({"optime":67108864,"slots":{"a":1,"b":2},"retain_slots":["pg2"]})");
  CHECK(read_status_value(text).value == full);
  CHECK(read_status_value(text).problem.empty());
}

TEST_CASE("a status is read from every form that Patroni had", "[status_value]") {
  CHECK(read_status_value("67108864").value.optime == 67108864);
  CHECK(read_status_value(R"({"optime":"12"})").value.optime == 12);
  const auto text = read_status_value(R"({"optime":1,"slots":"{\"a\":\"5\"}","retain_slots":"[\"pg2\"]"})");
  CHECK(text.problem.empty());
  CHECK(text.value.slots->at("a") == 5);
  CHECK(text.value.retain_slots == std::vector<std::string>{"pg2"});
  CHECK(read_status_value(R"({"slots":{"a":"x","b":-1,"c":null}})").value.slots ==
        std::map<std::string, std::uint64_t, std::less<>>{{"a", 0}, {"b", 0}, {"c", 0}});
}

TEST_CASE("what is unreadable of a status is as not there", "[status_value]") {
  for (const char* text : {"", "x", "[]", "null", "\"7\"", "-7", "{\"optime\":\"x\"}", "{\"optime\":-1}"}) {
    INFO(text);
    CHECK(read_status_value(text).value == StatusValue{});
    CHECK_FALSE(read_status_value(text).problem.empty());
  }
  const auto half = read_status_value(R"({"optime":5,"slots":"{","retain_slots":{"a":1}})");
  CHECK(half.value == StatusValue{5, {}, {}});
  CHECK_FALSE(half.problem.empty());
  CHECK(read_status_value(R"({"retain_slots":["a",7,""]})").value.retain_slots ==
        std::vector<std::string>{"a"});
}

TEST_CASE("the history has lines of three to five items", "[history_value]") {
  const std::string text =
      R"([[1,25623960,"no recovery target specified"],[2,3,"x","2026-01-02T03:04:05+00:00"],)"
      R"([3,4,"y","2026-01-02T03:04:06+00:00","pg1"]])";
  const auto reading = read_history_value(text);
  CHECK(reading.problem.empty());
  REQUIRE(reading.value.entries.size() == 3);
  CHECK_FALSE(reading.value.entries[1].is_complete());
  CHECK(reading.value.entries[2].is_complete());
  CHECK(reading.value.entries[2].new_leader == "pg1");
  CHECK(write_history_value(reading.value) == text);
  CHECK(write_history_value({}) == "[]");
  CHECK(read_history_value("[]").problem.empty());
}

TEST_CASE("a line that is none is left out of the history and told", "[history_value]") {
  const auto reading = read_history_value(
      R"([[1,2,"a"],7,[1],[0,2,"a"],[1,-2,"a"],[1,2,3],[1,2,"a",5],[1,2,"a","t",5],[1,2,"a","t","l","m"],[4294967296,1,"a"],[9,2,"a"]])");
  REQUIRE(reading.value.entries.size() == 2);
  CHECK(reading.value.entries[1].timeline == 9);
  CHECK(reading.problem.rfind("[1]: ", 0) == 0);
  for (const char* text : {"", "{}", "x", "[[[[[[1]]]]]]"}) {
    INFO(text);
    CHECK(read_history_value(text).value.entries.empty());
    CHECK_FALSE(read_history_value(text).problem.empty());
  }
  std::string many = "[[1,1,\"a\"]";
  for (std::size_t i = 2; i <= history_max + 1; ++i) many += ",[" + std::to_string(i) + ",1,\"a\"]";
  const auto newest = read_history_value(many + "]");
  CHECK(newest.value.entries.size() == history_max);
  CHECK(newest.value.entries.front().timeline == 2);
}

TEST_CASE("the failover key names whom to leave and whom to follow", "[failover_value]") {
  const auto both = parse_failover_value(R"({"leader": "a", "member": "b"})");
  REQUIRE(both);
  CHECK(both->leader == "a");
  CHECK(both->candidate == "b");
  CHECK_FALSE(both->is_scheduled);
  const auto one = parse_failover_value(R"({"leader": "", "member": "b", "scheduled_at": null})");
  REQUIRE(one);
  CHECK_FALSE(one->leader);
  CHECK_FALSE(one->is_scheduled);
  const auto later = parse_failover_value(R"({"leader": "a", "scheduled_at": "2030-01-01T00:00:00+00:00"})");
  REQUIRE(later);
  CHECK(later->is_scheduled);
  CHECK(later->scheduled_at == "2030-01-01T00:00:00+00:00");
}

TEST_CASE("what is no failover key is none", "[failover_value]") {
  for (const std::string& value :
       {std::string("a"), std::string("[]"), std::string(R"({"leader": 1})"),
        std::string(R"({"leader": "a", "leader": "b"})"), R"({"leader": ")" + std::string(256, 'x') + "\"}",
        R"({"leader": "a", "more": ")" + std::string(5000, 'x') + "\"}"}) {
    INFO(value.substr(0, 60));
    CHECK_FALSE(parse_failover_value(value));
  }
}

TEST_CASE("an agent reads the failover key as every Patroni does", "[failover_value]") {
  FailoverValue wish{"a", "b", true, "2030-01-01T00:00:00+00:00"};
  const std::string text = write_failover_value(wish);
  CHECK(text == R"({"leader":"a","member":"b","scheduled_at":"2030-01-01T00:00:00+00:00"})");
  CHECK(read_failover_value(text).value == wish);
  CHECK(write_failover_value({}) == "{}");
  for (const char* none : {"{}", "", R"({"leader":null,"member":""})"}) {
    INFO(none);
    CHECK(read_failover_value(none).value.is_none());
    CHECK(read_failover_value(none).problem.empty());
  }
  CHECK(read_failover_value(" a : b ").value == FailoverValue{"a", "b", false, ""});
  CHECK(read_failover_value("a").value == FailoverValue{"a", {}, false, ""});
  CHECK(read_failover_value(R"({"leader":"a","leader":"b"})").value.leader == "b");
  for (const char* bad :
       {"[]", "7", "null", R"({"leader":"a","member":7})", R"({"leader":"a","scheduled_at":7})", "a\nb"}) {
    INFO(bad);
    CHECK(read_failover_value(bad).value.is_none());
    CHECK_FALSE(read_failover_value(bad).problem.empty());
  }
}

TEST_CASE("the failsafe key is whole or nothing", "[failsafe_value]") {
  const FailsafeValue two{{{"b", "http://b:8008/patroni"}, {"a", "http://a:8008/patroni"}}};
  const std::string text = write_failsafe_value(two);
  CHECK(text == R"({"a":"http://a:8008/patroni","b":"http://b:8008/patroni"})");
  CHECK(read_failsafe_value(text).value == two);
  CHECK(read_failsafe_value("{}").problem.empty());
  std::string many = "{\"n\":\"u\"";
  for (std::size_t i = 0; i < members_max; ++i) many += ",\"n" + std::to_string(i) + "\":\"u\"";
  for (const std::string& bad :
       {std::string("[]"), std::string("{"), std::string(R"({"a":"http://a","b":7})"),
        std::string(R"({"":"u"})"), std::string("{\"a\":\"b\\nc\"}"), many + "}"}) {
    INFO(bad.substr(0, 60));
    CHECK(read_failsafe_value(bad).value == FailsafeValue{});
    CHECK_FALSE(read_failsafe_value(bad).problem.empty());
  }
}

TEST_CASE("a system identifier has ten digits or more", "[store_keys]") {
  CHECK(is_system_identifier("7713000000000000001"));
  for (const char* text :
       {"", "123456789", "12345678901234567890123", "77130000000000000x1", "-771300000000000"}) {
    CHECK_FALSE(is_system_identifier(text));
  }
}
