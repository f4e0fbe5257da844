// effective_parameters(): what is shared, what is a node's own, and the parameters that only the former may set.
#include "common/patroni/dynamic/postgres_parameters.h"

#include "common/patroni/dynamic/command_line_parameters.h"
#include "tests/unit/common/patroni/dynamic/dynamic.h"

using namespace tamada::patroni;

namespace {

const ForcedParameters forced{"batman", "10.0.0.1", "5432"};
constexpr int version = 150004;

EffectiveParameters effective(std::string_view shared, std::string_view local = "{}", int server = version,
                              const PostgresParameters& former = {}) {
  return effective_parameters(json(shared), json(local), forced, server, former);
}

}  // namespace

TEST_CASE("without any configuration the shared parameters have Patroni's defaults",
          "[postgres_parameters]") {
  const auto result = effective("null", "null");
  CHECK(result.findings.empty());
  CHECK(result.all == PostgresParameters{{"cluster_name", "batman"},
                                         {"hot_standby", "on"},
                                         {"listen_addresses", "10.0.0.1"},
                                         {"max_connections", "100"},
                                         {"max_locks_per_transaction", "64"},
                                         {"max_prepared_transactions", "0"},
                                         {"max_replication_slots", "10"},
                                         {"max_wal_senders", "10"},
                                         {"max_worker_processes", "8"},
                                         {"port", "5432"},
                                         {"track_commit_timestamp", "off"},
                                         {"wal_keep_size", "128MB"},
                                         {"wal_level", "replica"},
                                         {"wal_log_hints", "on"}});
}

TEST_CASE("a node's own parameters win name by name, in whatever case", "[postgres_parameters]") {
  const auto result =
      effective(R"({"work_mem": "4MB", "shared_buffers": "1GB", "pg_stat_statements.track": "all"})",
                R"({"Work_Mem": "8MB", "ssl": true, "log_min_duration_statement": 250})");
  CHECK(result.findings.empty());
  CHECK(result.all.at("work_mem") == "8MB");
  CHECK(result.all.at("shared_buffers") == "1GB");
  CHECK(result.all.at("ssl") == "True");
  CHECK(result.all.at("log_min_duration_statement") == "250");
  CHECK(result.all.at("pg_stat_statements.track") == "all");
  CHECK(std::count_if(result.all.begin(), result.all.end(),
                      [](const auto& entry) { return same_parameter(entry.first, "WORK_MEM"); }) == 1);
}

TEST_CASE("the parameters that all nodes share do not count in a node's own file", "[postgres_parameters]") {
  for (const CommandLineParameter& each : command_line_parameters()) {
    INFO(each.name);
    ConfigValue local = ConfigValue::object();
    local[std::string(each.name)] = "500";
    const auto result = effective_parameters(json("{}"), local, forced, version);
    CHECK(result.all == effective("{}").all);
    REQUIRE(result.findings.size() == 1);
    CHECK(result.findings[0].kind == FindingKind::no_effect);
    CHECK(result.findings[0].key == "postgresql.parameters." + std::string(each.name));
  }
}

TEST_CASE("addresses, port and cluster_name are never configured as parameters", "[postgres_parameters]") {
  const auto result = effective(R"({"listen_addresses": "*", "port": 1, "cluster_name": "x"})");
  CHECK(result.all == effective("{}").all);
  CHECK(result.findings.size() == 3);
}

TEST_CASE("shared parameters are taken as text, as numbers and as switches", "[postgres_parameters]") {
  const auto result =
      effective(R"({"max_connections": "200", "wal_log_hints": "off", "track_commit_timestamp": true,
      "hot_standby": true, "wal_level": "hot_standby", "MAX_WAL_SENDERS": 5, "max_prepared_transactions": 0})");
  CHECK(told(result.findings) == "ok");
  CHECK(result.all.at("max_connections") == "200");
  CHECK(result.all.at("wal_log_hints") == "off");
  CHECK(result.all.at("track_commit_timestamp") == "on");
  CHECK(result.all.at("wal_level") == "replica");
  CHECK(result.all.at("max_wal_senders") == "5");
}

TEST_CASE("one impossible value is named and has its default, all others apply", "[postgres_parameters]") {
  const auto result = effective(R"({"max_connections": 10, "max_wal_senders": "many", "hot_standby": "off",
      "wal_level": "minimal", "work_mem": "8MB", "max_worker_processes": 4})");
  CHECK(result.all.at("max_connections") == "100");
  CHECK(result.all.at("max_wal_senders") == "10");
  CHECK(result.all.at("hot_standby") == "on");
  CHECK(result.all.at("wal_level") == "replica");
  CHECK(result.all.at("work_mem") == "8MB");
  CHECK(result.all.at("max_worker_processes") == "4");
  CHECK(told(result.findings) ==
        "postgresql.parameters.max_connections: found \"10\"; expected a whole number of at least 25; 100 "
        "stays\n"
        "postgresql.parameters.max_wal_senders: found \"many\"; expected a whole number of at least 3; 10 "
        "stays\n"
        "postgresql.parameters.hot_standby: found \"off\"; expected on; on stays\n"
        "postgresql.parameters.wal_level: found \"minimal\"; expected replica or logical; replica stays");
}

TEST_CASE("an impossible value at run time leaves what is in force", "[postgres_parameters]") {
  const auto result =
      effective(R"({"max_connections": "lots"})", "{}", version, {{"max_connections", "300"}});
  CHECK(result.all.at("max_connections") == "300");
}

TEST_CASE("each minimum is the lowest value that is taken", "[postgres_parameters]") {
  for (const CommandLineParameter& each : command_line_parameters()) {
    if (each.check != CommandLineParameter::Check::whole) continue;
    INFO(each.name);
    CHECK(checked_value(each, ConfigValue(each.least)).has_value());
    CHECK_FALSE(checked_value(each, ConfigValue(each.least - 1)).has_value());
  }
}

TEST_CASE("wal_keep_segments and wal_keep_size stand for each other, by the server's version",
          "[postgres_parameters]") {
  CHECK(effective(R"({"wal_keep_segments": 100})").all.at("wal_keep_size") == "1600MB");
  CHECK(effective(R"({"wal_keep_size": "1GB"})").all.at("wal_keep_size") == "1024MB");
  CHECK(effective(R"({"wal_keep_size": "1GB", "wal_keep_segments": 7})").all.at("wal_keep_size") == "1024MB");
  CHECK_FALSE(effective(R"({"wal_keep_segments": 100})").all.contains("wal_keep_segments"));
  const auto older = effective(R"({"wal_keep_size": "1GB"})", "{}", 120005);
  CHECK(older.all.at("wal_keep_segments") == "64");
  CHECK_FALSE(older.all.contains("wal_keep_size"));
  CHECK(effective("{}", "{}", 120005).all.at("wal_keep_segments") == "8");
  CHECK(told(effective(R"({"wal_keep_size": "1MB"})").findings) ==
        "postgresql.parameters.wal_keep_size: found \"1MB\"; expected at least 16MB; the default stays");
}

TEST_CASE("what could break the file is refused", "[postgres_parameters]") {
  const auto result = effective("{}", R"({"a b": 1, "x": [1], "y": "a\nb = 1", "": 1, "z": null})");
  CHECK(result.all == effective("{}").all);
  CHECK(result.findings.size() == 4);
  CHECK(told(effective(R"("max_connections=5")").findings) ==
        "postgresql.parameters: expected parameters, one a line: name: value");
}

TEST_CASE("parameters of a role are laid over the others", "[postgres_parameters]") {
  auto result = effective("{}", R"({"work_mem": "4MB"})");
  overlay_parameters(json(R"({"work_mem": "64MB", "max_connections": 7})"), "postgresql.parameters_primary",
                     result);
  CHECK(result.all.at("work_mem") == "64MB");
  CHECK(result.all.at("max_connections") == "100");
  REQUIRE(result.findings.size() == 1);
  CHECK(result.findings[0].key == "postgresql.parameters_primary.max_connections");
}

TEST_CASE("settings that replicas must not have lower are named when they are lowered",
          "[postgres_parameters]") {
  const auto before =
      effective(R"({"max_connections": 400, "max_worker_processes": 20, "wal_keep_size": "1GB"})").all;
  const auto after =
      effective(R"({"max_connections": 200, "max_worker_processes": 30, "wal_keep_size": "16MB"})").all;
  CHECK(lowered_for_replicas(before, after) == std::vector<std::string>{"max_connections"});
  CHECK(lowered_for_replicas(after, before) == std::vector<std::string>{"max_worker_processes"});
  CHECK(lowered_for_replicas({}, after).empty());
}
