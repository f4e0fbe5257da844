#include <catch2/catch.hpp>

#include "router/config/settings.h"
#include "tests/unit/router/config/loading.h"

using namespace tamada;
using namespace tamada::router;

namespace {

const std::string nodes = "cluster: {nodes: [pg1, pg2]}\n";

}  // namespace

TEST_CASE("a sidecar needs one variable and no file", "[environment]") {
  const auto config = loaded("", {{"TAMADA_NODES", "patroni1, patroni2:5433"}});
  REQUIRE(config.cluster.nodes.size() == 2);
  CHECK(config.cluster.nodes[1].postgres.port == 5433);
  CHECK(config.listeners.size() == 2);
}

TEST_CASE("the environment wins over the file", "[environment]") {
  const auto config =
      loaded("cluster: {name: a, nodes: [x]}\nlisteners: {read: {max_lag: 1MB}}\nstats: off\n",
             {{"TAMADA_CLUSTER_NAME", "b"},
              {"TAMADA_CLUSTER_NODES", "y,z"},
              {"TAMADA_LISTENERS_READ_MAX_LAG", " 16MB "},
              {"TAMADA_STATS_BIND", "127.0.0.1:7001"},
              {"OTHER", "ignored"}});
  CHECK(config.cluster.name == "b");
  CHECK(config.cluster.nodes.size() == 2);
  CHECK(config.listeners[0].policy.max_lag == 16U << 20U);
  CHECK(config.stats.bind[0].port == 7001);
  CHECK(loaded(nodes + "stats: {bind: '0.0.0.0:7001'}", {{"TAMADA_STATS", "off"}}).stats.bind.empty());
  CHECK_FALSE(loaded(nodes + "listeners: {read: {keepalive: {idle: 5s}}}",
                     {{"TAMADA_LISTENERS_READ_KEEPALIVE", "off"}})
                  .listeners[0]
                  .keepalive.on);
}

TEST_CASE("the ends of a variable are trimmed, and a list may have an entry a line", "[environment]") {
  const auto config = loaded("", {{"TAMADA_NODES", "pg1\n"},
                                  {"TAMADA_CLUSTER_NAME", "main\r\n"},
                                  {"TAMADA_LISTENERS_READ_ALLOW", "10.0.0.0/8\r\n192.0.2.1\n\n, fd00::/8\n"},
                                  {"TAMADA_STATS_BIND", "\n"}});
  REQUIRE(config.cluster.nodes.size() == 1);
  CHECK(config.cluster.nodes[0].name == "pg1");
  CHECK(config.cluster.name == "main");
  REQUIRE(config.listeners[1].allow.size() == 3);
  CHECK(config.listeners[1].allow[2].text() == "fd00::/8");
  CHECK(config.stats.bind.at(0).port == 7000);
  CHECK(loaded("", {{"TAMADA_NODES", "pg1\npg2:5433\n"}}).cluster.nodes.size() == 2);
  CHECK(loaded("cluster:\n  nodes: |\n    pg1\n    pg2\n").cluster.nodes.size() == 2);
}

TEST_CASE("every setting can come from the environment", "[environment]") {
  // A variable that is not known would be told as such; a value that is not understood, as of its path.
  for (const Setting& setting : settings().rows()) {
    std::string path = setting.path;
    if (const auto star = path.find('*'); star != std::string::npos) path.replace(star, 1, "read");
    const std::string variable = settings().layout().variable_name(path);
    INFO(variable);
    const auto loaded_config = load_router_config("", "", {{variable, "\x01"}}, {files({})});
    REQUIRE_FALSE(loaded_config);
    CHECK(loaded_config.error()[0].file == variable);
    CHECK(loaded_config.error()[0].path == path);
  }
}

TEST_CASE("the variables of the settings all differ", "[environment]") {
  std::map<std::string, std::string> paths;
  for (const Setting& setting : settings().rows()) {
    CHECK(paths.emplace(settings().layout().variable_name(setting.path), setting.path).second);
  }
}

TEST_CASE("an unknown or wrong variable is an error that names it", "[environment]") {
  CHECK(errors_of(nodes, {{"TAMADA_LISTENERS_READ_MAX_LGA", "1MB"}}) ==
        "TAMADA_LISTENERS_READ_MAX_LGA: unknown variable (did you mean \"TAMADA_LISTENERS_READ_MAX_LAG\"?)");
  CHECK(errors_of(nodes, {{"TAMADA_NODE", "a"}}) ==
        "TAMADA_NODE: unknown variable (did you mean \"TAMADA_NODES\"?)");
  CHECK(errors_of(nodes, {{"TAMADA_ZZZZZZZZZZZZZZZ", "a"}}) ==
        "TAMADA_ZZZZZZZZZZZZZZZ: unknown variable; docs/configuration.md names all of them");
  CHECK(errors_of(nodes, {{"TAMADA_CHECKS_FALL", "0"}}) ==
        "TAMADA_CHECKS_FALL: checks.fall: \"0\": expected a number from 1 to 1000");
  CHECK(errors_of(nodes, {{"TAMADA_NODES", "a"}, {"TAMADA_CLUSTER_NODES", "a"}}) ==
        "TAMADA_NODES: cluster.nodes: also set by TAMADA_CLUSTER_NODES; use one of them");
}

TEST_CASE("an empty variable counts as not set", "[environment]") {
  CHECK(loaded(nodes, {{"TAMADA_CLUSTER_NAME", ""}, {"TAMADA_NODES", " "}, {"TAMADA_WHATEVER", ""}})
            .cluster.nodes.size() == 2);
}

TEST_CASE("the variables that Kubernetes and Docker set for services are left alone", "[environment]") {
  CHECK(errors_of(nodes, {{"TAMADA_ROUTER_SERVICE_HOST", "10.0.0.1"},
                          {"TAMADA_ROUTER_SERVICE_PORT", "5000"},
                          {"TAMADA_ROUTER_SERVICE_PORT_WRITE", "5000"},
                          {"TAMADA_ROUTER_PORT", "tcp://10.0.0.1:5000"},
                          {"TAMADA_ROUTER_PORT_5000_TCP", "tcp://10.0.0.1:5000"},
                          {"TAMADA_ROUTER_PORT_5000_TCP_PROTO", "tcp"}}) == "ok");
}

TEST_CASE("a bind variable makes a new listener; other variables only change one that is there",
          "[environment]") {
  const auto config = loaded(nodes, {{"TAMADA_LISTENERS_DAILY_REPORTS_BIND", "0.0.0.0:5002"},
                                     {"TAMADA_LISTENERS_DAILY_REPORTS_TO", "replica"},
                                     {"TAMADA_LISTENERS_DAILY_REPORTS_NODE_MAX_CONNECTIONS", "5"}});
  REQUIRE(config.listeners.size() == 3);
  CHECK(config.listeners[2].policy.name == "daily_reports");
  CHECK(config.listeners[2].policy.node_max_connections == 5);
  CHECK(errors_of(nodes, {{"TAMADA_LISTENERS_REED_HOLD", "1s"}}) ==
        "TAMADA_LISTENERS_REED_HOLD: unknown variable (did you mean \"TAMADA_LISTENERS_READ_HOLD\"?)");
  CHECK(errors_of(nodes, {{"TAMADA_LISTENERS_REPORTS_BIND", "0.0.0.0:5002"}}) ==
        "r.yaml: listeners.reports.to: missing; say which nodes take its sessions, e.g. to: replica");
  CHECK(errors_of(nodes + "listeners: {a-b: {bind: '*:1', to: any}, a_b: {bind: '*:2', to: any}}")
            .find("have the same name in the environment (TAMADA_LISTENERS_A_B_...)") != std::string::npos);
}
