#include "router/config/load_router_config.h"

#include <catch2/catch.hpp>

#include "common/base/quantity.h"
#include "tests/unit/router/config/loading.h"

using namespace tamada;
using namespace tamada::router;

namespace {

const std::string nodes = "cluster: {nodes: [pg1, pg2]}\n";

}  // namespace

TEST_CASE("two node names are a whole configuration", "[load_router_config]") {
  const RouterConfig config = loaded("cluster: {nodes: [patroni1, patroni2]}");
  REQUIRE(config.cluster.nodes.size() == 2);
  CHECK(config.cluster.nodes[0] == NodeConfig{"patroni1", {"patroni1", 5432}, "http", {"patroni1", 8008}});
  CHECK(config.cluster.nodes[1].api_url() == "http://patroni2:8008");
  REQUIRE(config.listeners.size() == 2);
  CHECK(config.listeners[0].policy.name == "write");
  CHECK(config.listeners[0].bind == std::vector<HostPort>{{"0.0.0.0", 5000}});
  CHECK(config.listeners[0].policy.to == Target::leader);
  CHECK(config.listeners[1].policy.name == "read");
  CHECK(config.listeners[1].bind == std::vector<HostPort>{{"0.0.0.0", 5001}});
  CHECK(config.listeners[1].policy.to == Target::replica);
  CHECK(config.listeners[1].policy.otherwise_leader);
  CHECK(config.stats.bind == std::vector<HostPort>{{"0.0.0.0", 7000}});
  CHECK_FALSE(config.cluster.etcd);
  CHECK(config.checks == CheckPolicy{});
}

TEST_CASE("every error is told at once, with its line and column and the nearest name",
          "[load_router_config]") {
  CHECK(
      errors_of("cluster: {nodes: [pg1]}\n"
                "checks:\n"
                "  intervall: 1s\n"
                "  timeout: 3\n"
                "listeners:\n"
                "  write: {conect_timeout: 3s, hold: yes}\n"
                "  read: {to: replicas, balance: leastcon}\n"
                "colour: red\n") ==
      "r.yaml:3:3: checks: unknown setting \"intervall\" (did you mean \"interval\"?)\n"
      "r.yaml:4:12: checks.timeout: \"3\": the unit is missing; expected a duration such as 100ms, 3s, 5min "
      "or 1h\n"
      "r.yaml:6:11: listeners.write: unknown setting \"conect_timeout\" (did you mean \"connect_timeout\"?)\n"
      "r.yaml:6:37: listeners.write.hold: \"yes\": expected a duration such as 100ms, 3s, 5min or 1h\n"
      "r.yaml:7:14: listeners.read.to: \"replicas\": expected leader, replica, any, sync, async, "
      "standby-leader or "
      "tag:key=value (did you mean \"replica\"?)\n"
      "r.yaml:7:33: listeners.read.balance: \"leastcon\": expected leastconn, roundrobin, random or source "
      "(did you "
      "mean \"leastconn\"?)\n"
      "r.yaml:8:1: unknown setting \"colour\"; expected cluster, checks, listeners, stats, log, "
      "resolve_interval, "
      "workers, max_connections, drain_timeout or state_dir");
}

TEST_CASE("single values, contradictions, files and what is no YAML are told in one round",
          "[load_router_config]") {
  CHECK(
      errors_of("cluster: {nodes: [pg1, pg2, pg1]}\n"
                "checks: {interval: 1, fast_interval: 5s}\n"
                "listeners:\n"
                "  write: {max_lag: 1MB}\n"
                "  read: {bind: '0.0.0.0:7000'}\n"
                "stats: {users_file: /users, tls: {cert_file: /none}}\n"
                "state_dir: [\n",
                {}, {{"/users", "a\n"}}) ==
      "r.yaml:1:29: cluster.nodes: two nodes are named \"pg1\"; give them names: {name: ..., postgres: ..., "
      "api: ...}\n"
      "r.yaml:2:20: checks.interval: \"1\": the unit is missing; expected a duration such as 100ms, 3s, 5min "
      "or 1h\n"
      "r.yaml:4:20: listeners.write.max_lag: has no meaning for a listener that goes to the leader\n"
      "r.yaml:6:8: stats.bind: 0.0.0.0:7000 is taken by listeners.read.bind (0.0.0.0:7000); each needs an "
      "address of its own\n"
      "r.yaml:6:21: stats.users_file: /users:1: no colon, so no hash; expected NAME:HASH, the hash as "
      "`mkpasswd`, `openssl passwd -6` or `htpasswd -nB NAME` print it\n"
      "r.yaml:6:46: stats.tls.cert_file: cannot read /none: No such file or directory\n"
      "r.yaml:8:1: not valid YAML: end of sequence flow not found");
}

TEST_CASE("what hangs on a value that is wrong, or on a name that nobody knows, is no error of its own",
          "[load_router_config]") {
  // fast_interval is longer than the default interval, but the one that was meant is not known.
  CHECK(errors_of(nodes + "checks: {interval: x, fast_interval: 5s}").find('\n') == std::string::npos);
  CHECK(errors_of(nodes + "checks: {intervall: 9s, fast_interval: 5s}").find('\n') == std::string::npos);
  CHECK(errors_of("clustr: {nodes: [pg1]}").find('\n') == std::string::npos);
  CHECK(errors_of("cluster: {nodes: ['pg1:x']}").find('\n') == std::string::npos);
  CHECK(errors_of("cluster: {nodes: [pg1\n").find("no nodes") == std::string::npos);
  CHECK(errors_of("", {{"TAMADA_NODE", "pg1"}}).find('\n') == std::string::npos);
  // What stands there in full does not.
  CHECK(errors_of(nodes + "colour: red\nchecks: {interval: 2s, fast_interval: 5s, expire: 9s}")
            .find("fast_interval (5s) is longer than interval (2s)") != std::string::npos);
}

TEST_CASE("an address that could be read in two ways is refused with the ways to write it",
          "[load_router_config]") {
  CHECK(errors_of("cluster: {nodes: ['fd00::1:5432']}") ==
        "r.yaml:1:19: cluster.nodes: \"fd00::1:5432\" may be an address, or one with a port; write "
        "[fd00::1:5432] or [fd00::1]:5432");
  CHECK(errors_of(nodes + "listeners: {read: {bind: '::1:5001'}}").find("or [::1]:5001") !=
        std::string::npos);
  CHECK(errors_of(nodes + "stats: {bind: ':::7000'}").find("write [::]:7000") != std::string::npos);
}

TEST_CASE("a setting in the wrong section is told where it belongs", "[load_router_config]") {
  CHECK(errors_of(nodes + "max_lag: 16MB") ==
        "r.yaml:2:1: unknown setting \"max_lag\" (it belongs under \"listeners.*\")");
  CHECK(errors_of(nodes + "listeners.read.hold: 1s").starts_with("r.yaml:2:1: unknown setting"));
  CHECK(errors_of(nodes + "checks.interval: 1s").starts_with("r.yaml:2:1: unknown setting"));
}

TEST_CASE("hostile keys and values stay on their line and do not fill it", "[load_router_config]") {
  CHECK(errors_of(nodes + "\"a\\n\\e[2J\": 1")
            .starts_with("r.yaml:2:1: unknown setting \"a\\u000a\\u001b[2J\""));
  CHECK(errors_of(nodes + "state_dir: \"a\\nb\"") ==
        "r.yaml:2:12: state_dir: holds a control character or is not UTF-8; expected text");
  CHECK(errors_of(nodes + "state_dir: " + std::string(5000, 'x')) ==
        "r.yaml:2:12: state_dir: longer than 4096 bytes");
  CHECK(errors_of(nodes + std::string(5000, 'x') + ": 1").size() < 400);
}

TEST_CASE("the number of errors and what follows from them stand last", "[config_error]") {
  const std::vector<ConfigError> errors{{"r.yaml", 3, 5, "checks.fall", "wrong"},
                                        {"TAMADA_X", 0, 0, "", "unknown"}};
  CHECK(format_errors(errors, "nothing was started") ==
        "r.yaml:3:5: checks.fall: wrong\nTAMADA_X: unknown\n2 errors; nothing was started.\n");
  CHECK(format_errors(std::vector<ConfigError>{errors[1]}, "kept the running configuration") ==
        "TAMADA_X: unknown\n1 error; kept the running configuration.\n");
}

TEST_CASE("a node is a name, host:port, or a map of what differs", "[load_router_config]") {
  const RouterConfig config = loaded(
      "cluster:\n"
      "  api_port: 8091\n"
      "  nodes:\n"
      "    - pg1\n"
      "    - pg2:5433\n"
      "    - {name: third, postgres: \"10.0.0.3:6000\"}\n"
      "    - {name: fourth, api: \"https://pg4\"}\n"
      "    - {api: \"h5:8008\"}\n"
      "    - {name: pg6, postgres: \"[fd00::6]:5434\", api: \"http://[fd00::6]:8009/\"}\n"
      "    - {name: pg7}\n");
  const auto& n = config.cluster.nodes;
  REQUIRE(n.size() == 7);
  CHECK(n[0] == NodeConfig{"pg1", {"pg1", 5432}, "http", {"pg1", 8091}});
  CHECK(n[1] == NodeConfig{"pg2", {"pg2", 5433}, "http", {"pg2", 8091}});
  CHECK(n[2] == NodeConfig{"third", {"10.0.0.3", 6000}, "http", {"10.0.0.3", 8091}});
  CHECK(n[3] == NodeConfig{"fourth", {"pg4", 5432}, "https", {"pg4", 8091}});
  CHECK(n[4] == NodeConfig{"h5", {"h5", 5432}, "http", {"h5", 8008}});
  CHECK(n[5] == NodeConfig{"pg6", {"fd00::6", 5434}, "http", {"fd00::6", 8009}});
  CHECK(n[6] == NodeConfig{"pg7", {"pg7", 5432}, "http", {"pg7", 8091}});
}

TEST_CASE("what is wrong with a node is told at the node", "[load_router_config]") {
  const auto node = [](const std::string& text) {
    return errors_of("cluster: {nodes: [pg1, " + text + "]}");
  };
  CHECK(node("pg1") ==
        "r.yaml:1:24: cluster.nodes: two nodes are named \"pg1\"; give them names: {name: ..., postgres: "
        "..., api: ...}");
  CHECK(node("{name: x, api: 'pg1:8008'}") ==
        "r.yaml:1:24: cluster.nodes: \"x\" has the same REST API as \"pg1\": http://pg1:8008");
  CHECK(node("{name: x, api: 'y:1', postgres: pg1}") ==
        "r.yaml:1:24: cluster.nodes: \"x\" has the same PostgreSQL as \"pg1\": pg1:5432");
  CHECK(node("{nmae: x}") ==
        "r.yaml:1:25: cluster.nodes: unknown setting \"nmae\" of a node (did you mean \"name\"?)");
  CHECK(node("{name: [a]}") == "r.yaml:1:25: cluster.nodes: name: expected text");
  CHECK(node("{}") ==
        "r.yaml:1:24: cluster.nodes: an empty node; expected e.g. {name: pg1, postgres: \"pg1:5432\"}");
  CHECK(node("pg2:99999") ==
        "r.yaml:1:24: cluster.nodes: \"pg2:99999\": bad port \"99999\"; expected 1 to 65535");
  CHECK(node("{name: a, api: \"ftp://x\"}") ==
        "r.yaml:1:39: cluster.nodes: \"ftp://x\": expected host:port, http://host:port or https://host:port, "
        "without a path");
  CHECK(node("{name: a, api: \"http://x/patroni\"}").find("without a path") != std::string::npos);
  CHECK(node("[a]") == "r.yaml:1:24: cluster.nodes: a list in the list; expected list of nodes");
}

TEST_CASE("no nodes, no start", "[load_router_config]") {
  const std::string words =
      "cluster.nodes: no nodes; name at least one, e.g. cluster: {nodes: [patroni1, patroni2]} or "
      "TAMADA_NODES=patroni1,patroni2";
  for (const char* text : {"", "# only a comment\n", "\n\n", "---\n", "~", "\xef\xbb\xbf"}) {
    CHECK(errors_of(text) == "r.yaml: " + words);
  }
  CHECK(errors_of("cluster: {nodes: []}") == "r.yaml:1:18: " + words);
  CHECK(errors_of("cluster: {name: x}") == "r.yaml:1:10: " + words);
}

TEST_CASE("lists may be written as lists or with commas", "[load_router_config]") {
  const auto config = loaded(
      "cluster: {nodes: 'pg1, pg2,pg3'}\n"
      "listeners:\n"
      "  read: {bind: ['0.0.0.0:5001', '[::]:5001'], allow: 10.0.0.0/8, deny: '10.1.0.0/16, 10.2.0.0/16'}\n");
  CHECK(config.cluster.nodes.size() == 3);
  REQUIRE(config.listeners.size() == 1);
  CHECK(config.listeners[0].bind.size() == 2);
  CHECK(config.listeners[0].allow.size() == 1);
  CHECK(config.listeners[0].deny.size() == 2);
}

TEST_CASE("every target of a listener is understood", "[load_router_config]") {
  const auto target = [](const std::string& to) {
    return loaded(nodes + "listeners: {x: {bind: '*:5002', to: '" + to + "'}}").listeners.at(0).policy;
  };
  CHECK(target("leader").to == Target::leader);
  CHECK(target("replica").to == Target::replica);
  CHECK(target("any").to == Target::any);
  CHECK(target("sync").to == Target::sync);
  CHECK(target("async").to == Target::async);
  CHECK(target("standby-leader").to == Target::standby_leader);
  CHECK(target("tag:dc=east").to == Target::tag);
  CHECK(target("tag:dc=east").tag_key == "dc");
  CHECK(target("tag:dc=east").tag_value == "east");
  CHECK(target("tag:reporting=True").tag_value == "true");
  CHECK(target("tag: reports = True ").tag_key == "reports");
  CHECK(target("tag: reports = True ").tag_value == "true");
  CHECK(errors_of(nodes + "listeners: {x: {bind: '*:5002', to: 'tag: = x'}}")
            .find("\"tag: = x\": expected tag:key=value") != std::string::npos);
  CHECK(errors_of(nodes + "listeners: {x: {bind: '*:5002', to: 'tag:dc'}}") ==
        "r.yaml:2:37: listeners.x.to: \"tag:dc\": expected tag:key=value");
}

TEST_CASE("a listener's nodes may be a list, the most wanted first", "[load_router_config]") {
  const std::vector<Preference> expected{
      {Target::tag, "dc", "ams"}, {Target::replica, {}, {}}, {Target::leader, {}, {}}};
  const auto read = [](const std::string& to) {
    return loaded(nodes + "listeners: {read: {to: " + to + "}}").listeners.at(0).policy;
  };
  CHECK(read("['tag:dc=ams', replica, leader]").preferences() == expected);
  CHECK(read("'tag:dc=ams, replica, leader'").preferences() == expected);
  CHECK(loaded(nodes, {{"TAMADA_LISTENERS_READ_TO", "tag:dc=ams, replica, leader"}})
            .listeners.at(1)
            .policy.preferences() == expected);
  CHECK_FALSE(read("[replica, leader]").otherwise_leader);
  CHECK_FALSE(read("[leader, replica]").is_write());
  CHECK(loaded(nodes + "listeners: {write: {to: [leader]}}").listeners.at(0).policy.is_write());
  CHECK(errors_of(nodes + "listeners: {read: {to: [replica, leader, replica]}}") ==
        "r.yaml:2:24: listeners.read.to: \"replica\" stands there twice; expected each once");
  CHECK(errors_of(nodes + "listeners: {read: {to: [replica, laeder]}}").find("(did you mean \"leader\"?)") !=
        std::string::npos);
  CHECK(errors_of(nodes + "listeners: {read: {to: []}}").find("expected leader, replica") !=
        std::string::npos);
}

TEST_CASE("a limit of lag is a size or a time", "[load_router_config]") {
  const auto read = [](const std::string& lag) {
    return loaded(nodes + "listeners: {read: {max_lag: " + lag + "}}").listeners.at(0).policy;
  };
  CHECK(read("16MB").max_lag == 16U << 20U);
  CHECK_FALSE(read("16MB").max_lag_time);
  CHECK(read("2000").max_lag == 2000U);
  CHECK(read("10s").max_lag_time == 10s);
  CHECK_FALSE(read("10s").max_lag);
  CHECK(read("5m").max_lag_time == 5min);
  CHECK_FALSE(read("off").max_lag);
  CHECK_FALSE(read("off").max_lag_time);
  CHECK(errors_of(nodes + "listeners: {read: {max_lag: 10ms}}") ==
        "r.yaml:2:29: listeners.read.max_lag: \"10ms\": expected 100ms to 24h");
}

TEST_CASE("a listener of another name says where it listens and whom it serves", "[load_router_config]") {
  CHECK(errors_of(nodes + "listeners:\n  reports: {}\n") ==
        "r.yaml:3:12: listeners.reports.bind: the address is missing; expected e.g. bind: 0.0.0.0:5002\n"
        "r.yaml:3:12: listeners.reports.to: missing; say which nodes take its sessions, e.g. to: replica");
  const auto config = loaded(nodes + "listeners:\n  read:\n  reports: {bind: '*:5002', to: replica}\n");
  REQUIRE(config.listeners.size() == 2);
  CHECK(config.listeners[0].policy.otherwise_leader);
  CHECK_FALSE(config.listeners[1].policy.otherwise_leader);  // only "read" falls back by itself
  CHECK(config.listeners[1].bind[0].host == "::");
  CHECK_FALSE(loaded(nodes + "listeners: {read: {to: sync}}").listeners[0].policy.otherwise_leader);
  CHECK(errors_of(nodes + "listeners: {'a b': {}}") ==
        "r.yaml:2:13: listeners: \"a b\" cannot be a listener's name; expected letters, digits, - and _");
}

TEST_CASE("every kind of value is read", "[load_router_config]") {
  const auto config = loaded(nodes +
                             "listeners:\n"
                             "  read:\n"
                             "    max_lag: 16MB\n"
                             "    on_lag: cut\n"
                             "    on_fail: drain\n"
                             "    on_promote: cut\n"
                             "    otherwise: none\n"
                             "    hold: off\n"
                             "    idle_timeout: 30min\n"
                             "    tcp_user_timeout: off\n"
                             "    keepalive: {idle: 30s, count: 5}\n"
                             "    send_proxy_protocol: true\n"
                             "    proxy_protocol_from: [10.0.0.0/24]\n"
                             "    max_connections: 100\n"
                             "  write: {keepalive: off}\n"
                             "stats: off\n"
                             "log: {level: debug, format: json}\n"
                             "workers: 4\n");
  const ListenerConfig& read = config.listeners[0];
  CHECK(read.policy.max_lag == 16U << 20U);
  CHECK(read.policy.on_lag == Ending::cut);
  CHECK(read.policy.on_fail == Ending::drain);
  CHECK(read.policy.on_promote == Ending::cut);
  CHECK_FALSE(read.policy.otherwise_leader);
  CHECK(read.policy.hold == 0s);
  CHECK(read.idle_timeout == 30min);
  CHECK(read.keepalive == KeepaliveConfig{true, 30s, 10s, 5});
  CHECK(read.send_proxy_protocol);
  CHECK(read.proxy_protocol_from.size() == 1);
  CHECK(read.policy.max_connections == 100);
  CHECK_FALSE(config.listeners[1].keepalive.on);
  CHECK(config.stats.bind.empty());
  CHECK(config.log == LogSettings{{"debug", LogFormat::json}, SessionLines::all, false});
  CHECK(config.workers == 4);
}

TEST_CASE("a value of the wrong kind or size says what was expected", "[load_router_config]") {
  const auto wrong = [](const std::string& text) { return errors_of(nodes + text); };
  CHECK(wrong("checks: {fall: 0}") == "r.yaml:2:16: checks.fall: \"0\": expected a number from 1 to 1000");
  CHECK(wrong("checks: {fall: many}") ==
        "r.yaml:2:16: checks.fall: \"many\": expected a number from 1 to 1000");
  CHECK(wrong("checks: {interval: 0}") == "r.yaml:2:20: checks.interval: \"0\": expected 10ms to 24h");
  CHECK(wrong("checks: {interval: [1s]}") == "r.yaml:2:20: checks.interval: found a list; expected duration");
  CHECK(wrong("checks: {interval: {a: 1}}") ==
        "r.yaml:2:20: checks.interval: found settings; expected duration");
  CHECK(wrong("checks: {interval: }") ==
        "r.yaml:2:20: checks.interval: no value; expected duration, or leave the line out");
  CHECK(wrong("checks: 1s") == "r.yaml:2:9: checks: expected settings under it, found a value");
  CHECK(wrong("listeners: [a]") == "r.yaml:2:12: listeners: expected settings under it, found a list");
  CHECK(wrong("listeners: {read: {max_lag: 16XB}}").find("unknown unit \"xb\"") != std::string::npos);
  CHECK(wrong("listeners: {read: {bind: 5001}}").find("such as 0.0.0.0:5000") != std::string::npos);
  CHECK(wrong("listeners: {read: {bind: 'localhost:5001'}}").find("is not an IP address") !=
        std::string::npos);
  CHECK(wrong("listeners: {read: {allow: [10.0.0.0/33]}}").find("bad prefix length") != std::string::npos);
  CHECK(wrong("listeners: {read: {send_proxy_protocol: 2}}") ==
        "r.yaml:2:41: listeners.read.send_proxy_protocol: \"2\": expected true or false");
  CHECK(errors_of("cluster: {nodes: [a], postgres_port: 65536}") ==
        "r.yaml:1:38: cluster.postgres_port: \"65536\": expected a number from 1 to 65535");
  CHECK(errors_of("just words") == "r.yaml:1:1: expected settings such as \"cluster: ...\", found a value");
}
