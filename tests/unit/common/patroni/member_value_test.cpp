#include "common/patroni/member_value.h"

#include <catch2/catch.hpp>

using namespace tamada::patroni;

namespace {

MemberValue a_member() {
  MemberValue value;
  value.conn_url = "postgres://10.0.0.1:5433/postgres";
  value.api_url = "http://10.0.0.1:8008/patroni";
  value.state = "running";
  value.role = "primary";
  value.version = "4.1.4";
  return value;
}

}  // namespace

TEST_CASE("a member is written with Patroni's fields in Patroni's order", "[member_value]") {
  MemberValue value = a_member();
  CHECK(write_member_value(value) ==
        R"({"conn_url":"postgres://10.0.0.1:5433/postgres","api_url":"http://10.0.0.1:8008/patroni",)"
        R"("state":"running","role":"primary","version":"4.1.4"})");
  value.proxy_url = "postgres://10.0.0.1:6432/postgres";
  value.checkpoint_missing = true;
  value.tags = MemberTags({{"nofailover", true}, {"clonefrom", "yes"}});
  value.pending_restart = true;
  value.pending_restart_reasons = {{"max_connections", "100", "200"}};
  value.xlog_location = 67108864;
  value.replay_lsn = 3;
  value.receive_lsn = 4;
  value.replication_state = "streaming";
  value.timeline = 7;
  value.scheduled_restart =
      ScheduledRestart{"2030-01-01T00:00:00+00:00", "2026-01-01 00:00:00.1+00", {{"role", "replica"}}};
  value.pause = true;
  value.agent = "tamada-agent 0.1";
  const std::string text = write_member_value(value);
  CHECK(
      text ==
      R"({"conn_url":"postgres://10.0.0.1:5433/postgres","api_url":"http://10.0.0.1:8008/patroni",)"
      R"("state":"running","role":"primary","version":"4.1.4","proxy_url":"postgres://10.0.0.1:6432/postgres",)"
      R"("checkpoint_after_promote":false,"tags":{"nofailover":true,"clonefrom":"yes"},"pending_restart":true,)"
      R"("pending_restart_reason":{"max_connections":{"old_value":"100","new_value":"200"}},)"
      R"("xlog_location":67108864,"replay_lsn":3,"receive_lsn":4,"replication_state":"streaming","timeline":7,)"
      R"("scheduled_restart":{"role":"replica","schedule":"2030-01-01T00:00:00+00:00",)"
      R"("postmaster_start_time":"2026-01-01 00:00:00.1+00"},"pause":true,"agent":"tamada-agent 0.1"})");
  const auto again = read_member_value(text);
  CHECK(again.problem.empty());
  CHECK(again.value == value);
}

TEST_CASE("a member of a Patroni before 4.0 and of one that writes conn_kwargs are read", "[member_value]") {
  const auto old = read_member_value(
      R"({"conn_url":"postgres://10.0.0.2:5432/postgres","api_url":"http://10.0.0.2:8008/patroni","state":"running",)"
      R"("role":"master","version":"3.0.2","xlog_location":"83886080","timeline":2,"more":[1]})");
  CHECK(old.problem.empty());
  CHECK(old.value.node_role() == NodeRole::primary);
  CHECK(old.value.is_running());
  CHECK(old.value.xlog_location == 83886080);
  CHECK_FALSE(old.value.checkpoint_missing);
  CHECK(old.value.version_numbers() == std::vector<std::uint32_t>{3, 0, 2});
  const auto kwargs = read_member_value(R"({"conn_kwargs":{"host":"pg1","port":"5433","dbname":"x"}})");
  CHECK(kwargs.value.address() == ConnAddress{"pg1", 5433, "x"});
  CHECK(read_member_value(R"({"conn_kwargs":{"host":"pg1"}})").value.address() ==
        ConnAddress{"pg1", 5432, ""});
  const auto url =
      read_member_value("postgres://u:p@pg1:5432/postgres?application_name=http://pg1:8008/patroni");
  CHECK(url.value.address() == ConnAddress{"pg1", 5432, "postgres"});
  CHECK(url.value.api_url == "http://pg1:8008/patroni");
}

TEST_CASE("connection URLs are taken apart as Python takes them", "[member_value]") {
  CHECK(parse_conn_url("postgres://[fd00::1]:5433/db?x=y") == ConnAddress{"fd00::1", 5433, "db"});
  CHECK(parse_conn_url("postgresql://pg1") == ConnAddress{"pg1", 5432, ""});
  for (const char* text :
       {"", "http://a:1/", "postgres://", "postgres:///x", "postgres://a:0/x", "postgres://a:70000/x"}) {
    INFO(text);
    CHECK_FALSE(parse_conn_url(text));
  }
}

TEST_CASE("what is unreadable of a member counts as not said", "[member_value]") {
  for (const std::string& text :
       {std::string("{"), std::string("[]"), std::string("null"), std::string("7"), std::string(),
        std::string("\xff"), R"({"a":")" + std::string(300'000, 'x') + "\"}"}) {
    INFO(text.substr(0, 40));
    const auto reading = read_member_value(text);
    CHECK(reading.value == MemberValue{});
    CHECK_FALSE(reading.problem.empty());
    CHECK_FALSE(reading.value.address());
  }
  const auto half = read_member_value(
      R"({"conn_url":7,"state":"running","role":["primary"],"tags":3,"timeline":-1,"xlog_location":"x",)"
      R"("version":"4.x","pause":"yes","scheduled_restart":"no","pending_restart_reason":[1],"api_url":"a\nb"})");
  CHECK(half.problem == "conn_url: found the number 7, expected text");
  CHECK(half.value.state == "running");
  CHECK(half.value.role.empty());
  CHECK(half.value.api_url.empty());
  CHECK_FALSE(half.value.timeline);
  CHECK_FALSE(half.value.xlog_location);
  CHECK_FALSE(half.value.version_numbers());
  CHECK(half.value.pause);
  CHECK_FALSE(half.value.scheduled_restart);
  // As Python: the last of two equal keys counts.
  CHECK(read_member_value(R"({"state":"stopped","state":"running"})").value.state == "running");
}

TEST_CASE("an old node's URL that is no address of PostgreSQL is told, as in its JSON", "[member_value]") {
  const auto reading =
      read_member_value("postgres:/x:p@pg1:5432/postgres?application_name=http://pg1:8008/patroni");
  CHECK(reading.problem == "found a URL that is no address of PostgreSQL");
  CHECK(reading.value.api_url == "http://pg1:8008/patroni");
}
