// read_dynamic_settings(): each setting of /config, its older names, and what is wrong with one of them.
#include "common/patroni/dynamic/read_dynamic_settings.h"

#include <algorithm>

#include "common/json/json_reader.h"
#include "tests/unit/common/patroni/dynamic/dynamic.h"

using namespace tamada::patroni;
using std::chrono::seconds;

namespace {

DynamicSettings settings_of(std::string_view text) {
  const auto read = read_dynamic_settings(json(text));
  INFO(text << ": " << told(read.findings));
  CHECK(read.findings.empty());
  return read.settings;
}

std::string told_of(std::string_view text, const DynamicSettings& former = {}) {
  return told(read_dynamic_settings(json(text), former).findings);
}

}  // namespace

TEST_CASE("an empty configuration has Patroni's defaults, and so has null under each key",
          "[dynamic_settings]") {
  CHECK(settings_of("{}") == DynamicSettings{});
  ConfigValue nulls = ConfigValue::object();
  for (const std::string_view name : dynamic_setting_names()) nulls[std::string(name)] = nullptr;
  CHECK(read_dynamic_settings(nulls).settings == DynamicSettings{});
}

TEST_CASE("every setting is read", "[dynamic_settings]") {
  const DynamicSettings read = settings_of(R"({
    "ttl": 60, "loop_wait": "5", "retry_timeout": 20, "maximum_lag_on_failover": 0, "maximum_lag_on_syncnode": 1024,
    "max_timelines_history": 5, "check_timeline": true, "primary_start_timeout": 0, "primary_stop_timeout": 7,
    "primary_race_backoff": 3, "synchronous_mode": "on", "synchronous_mode_strict": "yes",
    "synchronous_node_count": 2, "pause": 1, "member_slots_ttl": "1h",
    "slots": {"a": {"type": "physical", "cluster_type": "primary"}, "b": null},
    "ignore_slots": [{"name": "x", "type": "logical", "database": "d", "plugin": "p"}],
    "postgresql": {"use_slots": "on", "use_pg_rewind": true, "remove_data_directory_on_rewind_failure": "off",
                   "remove_data_directory_on_diverged_timelines": false}})");
  CHECK(read.ttl == seconds(60));
  CHECK(read.loop_wait == seconds(5));
  CHECK(read.retry_timeout == seconds(20));
  CHECK(read.maximum_lag_on_failover == 0);
  CHECK(read.maximum_lag_on_syncnode == 1024);
  CHECK(read.max_timelines_history == 5);
  CHECK(read.check_timeline);
  CHECK(read.primary_start_timeout == seconds(0));
  CHECK(read.primary_stop_timeout == seconds(7));
  CHECK(read.primary_race_backoff == seconds(3));
  CHECK(read.synchronous_mode == SynchronousMode::on);
  CHECK(read.synchronous_mode_strict);
  CHECK(read.synchronous_node_count == 2);
  CHECK(read.pause);
  CHECK(read.member_slots_ttl == seconds(3600));
  CHECK(read.slots == std::vector<PermanentSlot>{{"a", PermanentSlot::Type::physical, "", "", "primary"},
                                                 {"b", PermanentSlot::Type::physical, "", "", ""}});
  CHECK(read.ignore_slots == std::vector<IgnoredSlot>{{"x", "logical", "d", "p"}});
  CHECK(read.use_slots);
  CHECK(read.use_pg_rewind == true);
  CHECK(read.remove_data_directory_on_rewind_failure == false);
  CHECK(read.remove_data_directory_on_diverged_timelines == false);
}

TEST_CASE("older names count where the present one is missing", "[dynamic_settings]") {
  CHECK(settings_of(R"({"master_start_timeout": 5, "master_stop_timeout": 6})").primary_start_timeout ==
        seconds(5));
  CHECK(settings_of(R"({"master_stop_timeout": 6})").primary_stop_timeout == seconds(6));
  CHECK(settings_of(R"({"master_start_timeout": 5, "primary_start_timeout": 7})").primary_start_timeout ==
        seconds(7));
  CHECK(settings_of(R"({"permanent_slots": {"a": null}})").slots.size() == 1);
  CHECK(settings_of(R"({"permanent_replication_slots": {"a": null, "b": null}, "slots": {"c": null}})")
            .slots.size() == 2);
}

TEST_CASE("times below Patroni's floor are raised with a warning", "[dynamic_settings]") {
  const auto read = read_dynamic_settings(json(R"({"ttl": 10, "loop_wait": 2, "retry_timeout": 3})"));
  CHECK(read.settings.ttl == seconds(20));
  CHECK(read.settings.loop_wait == seconds(2));
  CHECK(told(read.findings) == "ttl: 10 s is too low; taken as 20 s");
  CHECK(read.findings[0].kind == FindingKind::adjusted);
}

TEST_CASE("one wrong value keeps its former one and all others apply", "[dynamic_settings]") {
  DynamicSettings former;
  former.maximum_lag_on_failover = 5;
  former.primary_start_timeout = seconds(7);
  former.pause = true;
  former.use_slots = false;
  former.ttl = seconds(45);
  const auto read = read_dynamic_settings(json(R"({
    "ttl": "soon", "maximum_lag_on_failover": -1, "primary_start_timeout": "x", "pause": "perhaps",
    "postgresql": {"use_slots": "maybe"}, "synchronous_mode": "on", "loop_wait": 4})"),
                                          former);
  CHECK(read.settings.maximum_lag_on_failover == 5);
  CHECK(read.settings.primary_start_timeout == seconds(7));
  CHECK(read.settings.pause);
  CHECK_FALSE(read.settings.use_slots);
  CHECK(read.settings.ttl == seconds(45));
  CHECK(read.settings.synchronous_mode == SynchronousMode::on);
  CHECK(read.settings.loop_wait == seconds(4));
  CHECK(told(read.findings) ==
        "ttl: found \"soon\"; expected whole seconds, at most 86400\n"
        "maximum_lag_on_failover: found \"-1\"; expected a whole number of at least 0\n"
        "primary_start_timeout: found \"x\"; expected seconds from 0 to 8640000\n"
        "pause: found \"perhaps\"; expected true or false\n"
        "postgresql.use_slots: found \"maybe\"; expected true or false");
}

TEST_CASE("a key that is gone has its default again", "[dynamic_settings]") {
  DynamicSettings former;
  former.pause = true;
  former.maximum_lag_on_failover = 5;
  CHECK(read_dynamic_settings(json("{}"), former).settings == DynamicSettings{});
}

TEST_CASE("a configuration that is no object changes nothing", "[dynamic_settings]") {
  DynamicSettings former;
  former.pause = true;
  const auto read = read_dynamic_settings(json("[1]"), former);
  CHECK(read.settings == former);
  CHECK(told(read.findings) == ": found \"[1]\"; expected settings");
}

TEST_CASE("synchronous_mode is a switch or quorum", "[dynamic_settings]") {
  CHECK(settings_of(R"({"synchronous_mode": true})").synchronous_mode == SynchronousMode::on);
  CHECK(settings_of(R"({"synchronous_mode": "off"})").synchronous_mode == SynchronousMode::off);
  const auto read = read_dynamic_settings(json(R"({"synchronous_mode": "Quorum"})"));
  CHECK(read.settings.synchronous_mode == SynchronousMode::quorum);
  CHECK(told_of(R"({"synchronous_mode": "always"})") ==
        "synchronous_mode: found \"always\"; expected true, false or quorum");
}

TEST_CASE("no synchronous node at all is raised to one", "[dynamic_settings]") {
  const auto read = read_dynamic_settings(json(R"({"synchronous_mode": true, "synchronous_node_count": 0})"));
  CHECK(read.settings.synchronous_node_count == 1);
  REQUIRE(read.findings.size() == 1);
  CHECK(read.findings[0].kind == FindingKind::adjusted);
}

TEST_CASE("what has no effect by itself is told", "[dynamic_settings]") {
  CHECK(told_of(R"({"synchronous_mode_strict": true})") ==
        "synchronous_mode_strict: has no effect without synchronous_mode: on");
  CHECK(told_of(R"({"slots": {"a": null}, "postgresql": {"use_slots": false}})") ==
        "slots: has no effect while postgresql.use_slots is off");
}

TEST_CASE("what is not supported yet is named, each with its kind", "[dynamic_settings]") {
  const auto read = read_dynamic_settings(json(R"({
    "standby_cluster": {"host": "1.2.3.4"}, "synchronous_mode": "quorum", "failsafe_mode": true,
    "slots": {"l": {"type": "logical", "database": "d", "plugin": "p"}}})"));
  CHECK(read.unsupported == std::vector<Unsupported>{Unsupported::standby_cluster, Unsupported::quorum_commit,
                                                     Unsupported::failsafe_mode, Unsupported::logical_slots});
  CHECK(std::all_of(read.findings.begin(), read.findings.end(),
                    [](const DynamicFinding& finding) { return finding.kind == FindingKind::unsupported; }));
  CHECK(told(read.findings).find("failsafe_mode: failsafe mode: not supported yet") != std::string::npos);
}

TEST_CASE("a standby_cluster that follows nobody is none", "[dynamic_settings]") {
  for (const char* text :
       {R"({"standby_cluster": {}})", R"({"standby_cluster": {"host": ""}})",
        R"({"standby_cluster": {"primary_slot_name": "x"}})", R"({"standby_cluster": "x"})"}) {
    INFO(text);
    CHECK(read_dynamic_settings(json(text)).unsupported.empty());
  }
}

TEST_CASE("a slot that cannot be used is named and left out", "[dynamic_settings]") {
  const auto read = read_dynamic_settings(json(R"({"slots": {
    "Bad-Name": null, "l": {"type": "logical"}, "w": {"type": "wal"}, "t": "physical", "good": {}}})"));
  REQUIRE(read.settings.slots.size() == 1);
  CHECK(read.settings.slots[0].name == "good");
  CHECK(told(read.findings) ==
        "slots.Bad-Name: no name of a slot; expected lower-case letters, digits and _, at most 63\n"
        "slots.l: a logical slot needs a database and a plugin\n"
        "slots.w: type \"wal\"; expected physical or logical\n"
        "slots.t: found \"physical\"; expected settings such as {type: physical}");
}

TEST_CASE("a condition of ignore_slots that is not understood leaves no slot to be dropped",
          "[dynamic_settings]") {
  const auto read =
      read_dynamic_settings(json(R"({"ignore_slots": [{"nam": "x"}, {"name": "y", "typ": "z"}, 7]})"));
  REQUIRE(read.settings.ignore_slots.size() == 2);
  CHECK(read.settings.ignore_slots[0] == IgnoredSlot{});
  CHECK(read.settings.ignore_slots[1].name == "y");
  CHECK(read.findings.size() == 4);
}

TEST_CASE("unknown keys are told with the name that was meant, local ones with their place",
          "[dynamic_settings]") {
  CHECK(told_of(R"({"loop_wiat": 10})") ==
        "loop_wiat: no setting of the shared configuration (did you mean \"loop_wait\"?)");
  CHECK(told_of(R"({"whatever_it_is": 10})") == "whatever_it_is: no setting of the shared configuration");
  const auto read =
      read_dynamic_settings(json(R"({"tags": {}, "postgresql": {"data_dir": "/x", "listen": "y"}})"));
  REQUIRE(read.findings.size() == 3);
  for (const DynamicFinding& finding : read.findings) CHECK(finding.kind == FindingKind::local_only);
}

TEST_CASE("configurations of real clusters are read without findings", "[dynamic_settings]") {
  for (
      const char* text :
      {R"({"ttl":30,"loop_wait":10,"retry_timeout":10,"maximum_lag_on_failover":1048576,"postgresql":{"use_pg_rewind":
        true,"pg_hba":["host all all all md5"],"parameters":{"max_connections":100}}})",
       R"({"loop_wait":2,"ttl":30,"postgresql":{"use_slots":true,"parameters":null}})"}) {
    const auto parsed = tamada::parse_ordered_json_object("configuration", text);
    REQUIRE(parsed);
    CHECK(told(read_dynamic_settings(*parsed).findings) == "ok");
  }
}
