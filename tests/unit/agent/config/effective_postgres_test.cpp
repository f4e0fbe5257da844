// effective_postgres() and node_parameters(): a node's own file over the shared configuration.
#include "agent/config/effective_postgres.h"

#include <nlohmann/json.hpp>

#include "tests/unit/agent/config/loading.h"

using namespace tamada;
using namespace tamada::agent;

namespace {

ConfigValue shared(const std::string& postgresql) {
  return ConfigValue::parse("{\"postgresql\": " + postgresql + "}");
}

std::string told(const EffectivePostgres& effective) {
  std::string text;
  for (const auto& finding : effective.findings) {
    text += (text.empty() ? "" : "\n") + finding.key + ": " + finding.message;
  }
  return text.empty() ? "ok" : text;
}

}  // namespace

TEST_CASE("what the node's own file does not say is taken from the shared configuration",
          "[effective_postgres]") {
  const PostgresConfig local =
      loaded(a_file("", "  pg_hba: [local all all trust]\n  database: mine\n")).postgres;
  const auto effective = effective_postgres(local, shared(R"({
      "pg_hba": ["host all all all md5"], "pg_ident": ["m a b"], "use_pg_rewind": true, "database": "theirs",
      "callbacks": {"on_start": "/a", "on_stop": "/b"}, "recovery_conf": {"restore_command": "cp"},
      "basebackup": {"max-rate": "1M"}, "use_slots": true, "parameters": {"work_mem": "1MB"}, "pg_ctl_timeout": "30"})"));
  CHECK(told(effective) == "ok");
  CHECK(effective.settings.pg_hba.lines == std::vector<std::string>{"local all all trust"});
  CHECK(effective.settings.database == "mine");
  CHECK(effective.settings.pg_ident.lines == std::vector<std::string>{"m a b"});
  CHECK(effective.settings.use_pg_rewind);
  CHECK(effective.settings.callbacks == Callbacks{"/a", "/b", "", "", ""});
  CHECK(effective.settings.recovery_conf.dump() == R"({"restore_command":"cp"})");
  CHECK(effective.settings.basebackup == std::vector<ProgramOption>{{"max-rate", "1M"}});
  CHECK(effective.settings.pg_ctl_timeout == 30);
}

TEST_CASE("a section that the file has counts whole", "[effective_postgres]") {
  const PostgresConfig local = loaded(a_file("", "  callbacks: {on_start: /mine}\n")).postgres;
  const auto effective = effective_postgres(local, shared(R"({"callbacks": {"on_stop": "/theirs"}})"));
  CHECK(effective.settings.callbacks == Callbacks{"/mine", "", "", "", ""});
}

TEST_CASE("what only a file may say is not taken from the shared configuration", "[effective_postgres]") {
  const PostgresConfig local = loaded(a_file()).postgres;
  const auto effective = effective_postgres(
      local,
      shared(R"({"data_dir": "/x", "listen": "*:1", "authentication": {"superuser": {"password": "x"}}})"));
  CHECK(effective.settings == local.shared);
}

TEST_CASE("each shared value for itself: a wrong one is named", "[effective_postgres]") {
  const PostgresConfig local = loaded(a_file()).postgres;
  const auto effective = effective_postgres(local, shared(R"({
      "pg_ctl_timeout": "soon", "use_pg_rewind": "on", "pg_hba": {"a": 1}, "callbacks": "x", "on_start": "y"})"));
  CHECK(effective.settings.use_pg_rewind);
  CHECK(effective.settings.pg_ctl_timeout == 60);
  CHECK(told(effective) ==
        "postgresql.pg_ctl_timeout: found \"soon\"; expected a whole number from 0 to 1000000\n"
        "postgresql.pg_hba: found settings; expected a list\n"
        "postgresql.callbacks: expected settings under it\n"
        "postgresql.on_start: no setting of PostgreSQL's section");
}

TEST_CASE("methods may be shared, and a node's own section of the name wins", "[effective_postgres]") {
  const PostgresConfig local = loaded(a_file("", "  one: {command: /mine}\n")).postgres;
  const auto effective = effective_postgres(local, shared(R"({
      "create_replica_methods": ["one", "two", "basebackup"], "one": {"command": "/theirs"},
      "two": {"command": "/two", "no_params": true}})"));
  CHECK(told(effective) == "ok");
  REQUIRE(effective.settings.methods.size() == 2);
  CHECK(effective.settings.methods[0].command == "/mine");
  CHECK(effective.settings.methods[1].command == "/two");
  CHECK(effective.settings.create_replica_methods == std::vector<std::string>{"one", "two", "basebackup"});
}

TEST_CASE("a shared configuration without the section says nothing", "[effective_postgres]") {
  const PostgresConfig local = loaded(a_file("", "  database: mine\n")).postgres;
  for (const char* text : {"{}", "null", "[]", R"({"postgresql": null})", R"({"postgresql": 7})"}) {
    INFO(text);
    CHECK(effective_postgres(local, ConfigValue::parse(text)).settings == local.shared);
  }
}

TEST_CASE("parameters come from both, with the node's addresses", "[effective_postgres]") {
  const AgentConfig c = loaded(a_file("", "  parameters: {work_mem: 8MB}\n"));
  const auto parameters = node_parameters(
      c.postgres, c.scope, shared(R"({"parameters": {"max_connections": 200, "work_mem": "1MB"}})"), 150000);
  CHECK(parameters.findings.empty());
  CHECK(parameters.all.at("work_mem") == "8MB");
  CHECK(parameters.all.at("max_connections") == "200");
  CHECK(parameters.all.at("cluster_name") == "demo");
  CHECK(parameters.all.at("listen_addresses") == "0.0.0.0");
  CHECK(parameters.all.at("port") == "5432");
}
