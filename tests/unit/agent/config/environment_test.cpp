// PATRONI_* variables: which there are, what they win over, and how they are written.
#include <nlohmann/json.hpp>

#include <set>

#include "agent/config/agent_environment.h"
#include "agent/config/settings.h"
#include "tests/unit/agent/config/loading.h"

using namespace tamada;
using namespace tamada::agent;

TEST_CASE("a node can be configured by variables alone", "[agent_environment]") {
  const Environment environment{
      {"PATRONI_SCOPE", "demo"},
      {"PATRONI_NAME", "node1"},
      {"PATRONI_NAMESPACE", "/db"},
      {"PATRONI_ETCD3_HOSTS", "'e1:2379',e2"},
      {"PATRONI_RESTAPI_LISTEN", "0.0.0.0:8008"},
      {"PATRONI_RESTAPI_CONNECT_ADDRESS", "10.0.0.1:8008"},
      {"PATRONI_RESTAPI_USERNAME", "admin"},
      {"PATRONI_RESTAPI_PASSWORD", "yes"},
      {"PATRONI_POSTGRESQL_LISTEN", "0.0.0.0:5432"},
      {"PATRONI_POSTGRESQL_CONNECT_ADDRESS", "10.0.0.1:5432"},
      {"PATRONI_POSTGRESQL_DATA_DIR", "/data/"},
      {"PATRONI_SUPERUSER_USERNAME", "postgres"},
      {"PATRONI_SUPERUSER_PASSWORD", "1234"},
      {"PATRONI_SUPERUSER_SSLMODE", "verify-ca"},
      {"PATRONI_REPLICATION_USERNAME", "replicator"},
      {"PATRONI_REWIND_USERNAME", "rewinder"},
      {"PATRONI_POSTGRESQL_BIN_PG_CTL", "pg_ctl15"},
      {"HOME", "/root"},
  };
  CHECK(told("", environment) == "ok");
  const AgentConfig c = loaded("", environment);
  CHECK(c.key_prefix == "/db");
  CHECK(c.etcd.endpoints == std::vector<std::string>{"http://e1:2379", "http://e2:2379"});
  CHECK(c.restapi.authentication == ApiUser{"admin", "yes"});
  CHECK(c.postgres.data_dir == "/data");
  CHECK(c.postgres.superuser.password == "1234");
  CHECK(c.postgres.superuser.options.at("sslmode") == "verify-ca");
  REQUIRE(c.postgres.rewind);
  CHECK(c.postgres.rewind->username == "rewinder");
  CHECK(c.postgres.shared.bin_name.at("pg_ctl") == "pg_ctl15");
  CHECK(c.postgres.given == std::set<std::string>{"bin_name"});
}

TEST_CASE("a variable wins over the file, and an empty one is none", "[agent_environment]") {
  CHECK(loaded(a_file(), {{"PATRONI_NAME", "other"}}).name == "other");
  CHECK(loaded(a_file(), {{"PATRONI_NAME", ""}}).name == "node1");
  CHECK(loaded(a_file(), {{"PATRONI_SUPERUSER_PASSWORD", "new"}}).postgres.superuser ==
        DatabaseUser{"postgres", "new", {}});
}

TEST_CASE("lists and maps may have brackets or not", "[agent_environment]") {
  for (const char* list : {"10.0.0.1,10.0.0.2", "[10.0.0.1, 10.0.0.2]", "- 10.0.0.1\n- 10.0.0.2"}) {
    INFO(list);
    CHECK(loaded(a_file(), {{"PATRONI_RESTAPI_ALLOWLIST", list}}).restapi.allowlist ==
          std::vector<std::string>{"10.0.0.1", "10.0.0.2"});
  }
  for (const char* map : {"{X-A: b, X-C: d}", "X-A: b, X-C: d"}) {
    INFO(map);
    CHECK(loaded(a_file(), {{"PATRONI_RESTAPI_HTTP_EXTRA_HEADERS", map}}).restapi.http_extra_headers ==
          Headers{{"X-A", "b"}, {"X-C", "d"}});
  }
  CHECK(loaded(a_file(), {{"PATRONI_LOG_LOGGERS", "{patroni.ha: DEBUG}"}}).log.loggers.at("patroni.ha") ==
        "DEBUG");
}

TEST_CASE("switches and numbers are words and digits", "[agent_environment]") {
  for (const char* on : {"on", "ON", "true", "True", "yes", "1"}) {
    INFO(on);
    CHECK(loaded(a_file(), {{"PATRONI_CTL_INSECURE", on}}).ctl.insecure);
  }
  CHECK_FALSE(loaded(a_file("ctl: {insecure: true}\n"), {{"PATRONI_CTL_INSECURE", "off"}}).ctl.insecure);
  CHECK(loaded(a_file(), {{"PATRONI_LOG_MODE", "0644"}}).log.mode == 0644u);
  CHECK(loaded(a_file(), {{"PATRONI_ETCD3_HOSTS", "e"}, {"PATRONI_ETCD3_PORT", "1"}}).etcd.endpoints ==
        std::vector<std::string>{"http://e:1"});
}

TEST_CASE("older names of the log's variables count where the present one is not set",
          "[agent_environment]") {
  CHECK(loaded(a_file(), {{"PATRONI_LOGLEVEL", "DEBUG"}}).log.level == "DEBUG");
  CHECK(loaded(a_file(), {{"PATRONI_LOGLEVEL", "DEBUG"}, {"PATRONI_LOG_LEVEL", "ERROR"}}).log.level ==
        "ERROR");
  CHECK(loaded(a_file(), {{"PATRONI_LOGFORMAT", "%(message)s"}}).log.format == "%(message)s");
  CHECK(loaded(a_file(), {{"PATRONI_LOG_DATEFMT", "%H"}}).log.dateformat == "%H");
  CHECK(loaded(a_file(), {{"PATRONI_LOG_FORMAT", "message, levelname"}}).log.format.dump() ==
        R"(["message","levelname"])");
}

TEST_CASE("what is wrong with a variable is told by its name", "[agent_environment]") {
  CHECK(told(a_file(), {{"PATRONI_ETCD3_PORT", "many"}}) ==
        "PATRONI_ETCD3_PORT: etcd3.port: found \"many\"; expected a whole number from 1 to 65535");
  CHECK(told(a_file(), {{"PATRONI_RESTAPI_ALLOWLIST", "[a, b"}}) ==
        "PATRONI_RESTAPI_ALLOWLIST: restapi.allowlist: expected a list: a,b or [a, b]");
  CHECK(told(a_file(), {{"PATRONI_CTL_INSECURE", "perhaps"}}) ==
        "PATRONI_CTL_INSECURE: ctl.insecure: found \"perhaps\"; expected true or false");
}

TEST_CASE("an unknown variable is a warning, and one that Kubernetes made is none", "[agent_environment]") {
  CHECK(
      told(a_file(), {{"PATRONI_SUPERUSER_PASWORD", "hidden"}}) ==
      "warning: PATRONI_SUPERUSER_PASWORD: unknown variable (did you mean \"PATRONI_SUPERUSER_PASSWORD\"?)");
  CHECK(told(a_file(), {{"PATRONI_SERVICE_HOST", "10.0.0.1"},
                        {"PATRONI_PORT", "tcp://10.0.0.1:8008"},
                        {"PATRONI_PORT_8008_TCP_ADDR", "10.0.0.1"}}) == "ok");
}

TEST_CASE("variables of other stores are refused", "[agent_environment]") {
  CHECK(contains(told(a_file(), {{"PATRONI_ETCD_HOSTS", "e1"}}),
                 "PATRONI_ETCD_HOSTS: etcd: etcd's API v2 is not supported"));
  CHECK(contains(told(a_file(), {{"PATRONI_CONSUL_HOST", "c"}}),
                 "PATRONI_CONSUL_HOST: consul: is not supported"));
}

TEST_CASE("each variable is for a setting, and has a name of its own", "[agent_environment]") {
  std::set<std::string> names;
  for (const AgentVariable& variable : agent_variables()) {
    INFO(variable.name);
    CHECK(settings().find(variable.path) != nullptr);
    CHECK(names.insert(variable.name).second);
  }
  CHECK(names.size() > 90);
}

TEST_CASE("children see none of the variables", "[agent_environment]") {
  for (const AgentVariable& variable : agent_variables()) CHECK(is_hidden_from_children(variable.name));
  CHECK(is_hidden_from_children("PATRONI_CONFIGURATION"));
  CHECK_FALSE(is_hidden_from_children("PATH"));
  CHECK_FALSE(is_hidden_from_children("KUBERNETES_SERVICE_HOST"));
  CHECK(is_hidden_from_postgres("KUBERNETES_SERVICE_HOST"));
  CHECK(is_hidden_from_postgres("NOTIFY_SOCKET"));
  CHECK_FALSE(is_hidden_from_postgres("LANG"));
}
