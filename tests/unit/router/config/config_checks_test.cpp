#include "router/config/config_checks.h"

#include <catch2/catch.hpp>

#include "tests/unit/router/config/loading.h"

using namespace tamada::router;

namespace {

const std::string nodes = "cluster: {nodes: [pg1, pg2]}\n";

std::string wrong(const std::string& text) {
  return errors_of(nodes + text);
}

std::string wrong_etcd(const std::string& text) {
  return errors_of("cluster:\n  name: c\n  nodes: [pg1]\n  etcd: " + text, {}, {{"/f", "x"}});
}

}  // namespace

TEST_CASE("check times that contradict each other are told", "[config_checks]") {
  CHECK(wrong("checks: {fast_interval: 2s}") ==
        "r.yaml:2:25: checks.fast_interval: fast_interval (2s) is longer than interval (1s); expected at "
        "most as long");
  CHECK(wrong("checks: {interval: 2s}") ==
        "r.yaml:2:20: checks.expire: 3s is shorter than interval + timeout (2s + 2s), so a node that answers "
        "slowly, "
        "but in time, would count as silent; set expire to at least 4s");
  CHECK(wrong("checks: {interval: 2s, expire: 4s}") == "ok");
}

TEST_CASE("a heartbeat that leaves the leader key too old to count is told", "[config_checks]") {
  CHECK(wrong_etcd("{hosts: [e1], heartbeat: 12s}") == "ok");
  CHECK(
      wrong_etcd("{hosts: [e1], heartbeat: 20s}") ==
      "r.yaml:4:34: cluster.etcd.heartbeat: 20s is too long for checks.expire (3s): the leader key would be "
      "too old to count; set it to at most 12s");
}

TEST_CASE("two things on one address are told", "[config_checks]") {
  CHECK(wrong("listeners: {write: {bind: '0.0.0.0:5000'}, read: {bind: '127.0.0.1:5000'}}") ==
        "r.yaml:2:57: listeners.read.bind: 127.0.0.1:5000 is taken by listeners.write.bind (0.0.0.0:5000); "
        "each needs an "
        "address of its own");
  CHECK(wrong("stats: {bind: '0.0.0.0:5001'}").find("is taken by listeners.read.bind") != std::string::npos);
  CHECK(wrong("listeners: {write: {bind: '127.0.0.1:5000, 127.0.0.1:5000'}}").find("is taken by") !=
        std::string::npos);
  CHECK(wrong("listeners: {write: {bind: '0.0.0.0:5000, [::]:5000'}}") == "ok");
  CHECK(wrong("listeners: {write: {bind: '127.0.0.1:5000'}, read: {bind: '127.0.0.2:5000'}}") == "ok");
}

TEST_CASE("settings that have no meaning for a listener are told", "[config_checks]") {
  CHECK(wrong("listeners: {write: {otherwise: leader}}") ==
        "r.yaml:2:32: listeners.write.otherwise: leader has no meaning here: the listener goes to the leader "
        "already");
  CHECK(wrong("listeners: {write: {max_lag: 1MB}}") ==
        "r.yaml:2:30: listeners.write.max_lag: has no meaning for a listener that goes to the leader");
  CHECK(wrong("listeners: {write: {max_lag: 10s}}") ==
        "r.yaml:2:30: listeners.write.max_lag: has no meaning for a listener that goes to the leader");
  CHECK(wrong("listeners: {write: {require_streaming: true}}") ==
        "r.yaml:2:40: listeners.write.require_streaming: has no meaning for a listener that goes to the "
        "leader");
  CHECK(wrong("listeners: {read: {to: [leader, replica], max_lag: 10s, require_streaming: true}}") == "ok");
  CHECK(wrong("listeners: {read: {to: [sync, replica], otherwise: leader}}") ==
        "r.yaml:2:52: listeners.read.otherwise: has no meaning beside a list in `to`; let the list end with "
        "leader");
  CHECK(wrong("listeners: {read: {keepalive: {idle: 1500ms}}}") ==
        "r.yaml:2:38: listeners.read.keepalive.idle: 1500ms: expected whole seconds, 1s to 32767s");
  CHECK(wrong("listeners: {read: {allow: [10.0.0.0/8], deny: [10.0.0.0/8]}}")
            .find("10.0.0.0/8 is allowed as well") != std::string::npos);
}

TEST_CASE("etcd needs hosts, the cluster's name, and credentials that belong together", "[config_checks]") {
  CHECK(wrong_etcd("{hosts: [e1, 'e2:2379', 'https://e3']}") == "ok");
  CHECK(loaded("cluster: {name: c, nodes: [pg1], etcd: {hosts: [e1, 'https://e3']}}").cluster.etcd->hosts ==
        std::vector<std::string>{"e1:2379", "https://e3:2379"});
  CHECK(wrong_etcd("{}") ==
        "r.yaml:4:9: cluster.etcd: no hosts; expected e.g. hosts: [etcd1:2379, etcd2:2379]");
  CHECK(wrong_etcd("{hosts: [e1], username: u}") ==
        "r.yaml:4:33: cluster.etcd.username: the password is missing; set password_file or password");
  CHECK(wrong_etcd("{hosts: [e1], password: p}") ==
        "r.yaml:4:9: cluster.etcd: a password without a username");
  CHECK(wrong_etcd("{hosts: [e1], username: u, password: p, password_file: /f}") ==
        "r.yaml:4:64: cluster.etcd.password_file: password is set as well; leave one of them out");
  CHECK(wrong_etcd("{hosts: [e1], tls: {ca_file: /f}}") == "ok");
  CHECK(wrong_etcd("{hosts: ['http://e1'], tls: {ca_file: /f}}").find("write hosts: [https://etcd1:2379") !=
        std::string::npos);
  CHECK(wrong_etcd("{hosts: ['https://e1'], tls: {cert_file: /f}}") ==
        "r.yaml:4:50: cluster.etcd.tls.cert_file: its key_file is missing");
  CHECK(errors_of("cluster: {nodes: [pg1], etcd: {hosts: [e1]}}") ==
        "r.yaml:1:31: cluster.etcd: needs cluster.name (Patroni's scope) to find the leader key");
}

TEST_CASE("TLS settings that nobody would use are told", "[config_checks]") {
  CHECK(errors_of("cluster: {nodes: [pg1], api_tls: {verify: false}}") ==
        "r.yaml:1:34: cluster.api_tls: no node's REST API is spoken to by https; set cluster.api_scheme: "
        "https, or give "
        "the nodes an api: https://...");
  CHECK(errors_of("cluster: {nodes: [pg1], api_scheme: https, api_tls: {verify: false, ca_file: /f}}", {},
                  {{"/f", ""}}) ==
        "r.yaml:1:62: cluster.api_tls.verify: false, so ca_file would not be used; leave one of them out");
}

TEST_CASE("credentials of the status page belong together", "[config_checks]") {
  CHECK(wrong("stats: {admin_user: dba}") ==
        "r.yaml:2:21: stats.admin_user: the password is missing; set admin_password_file or admin_password");
  CHECK(wrong("stats: {admin_password: x}") == "r.yaml:2:8: stats: a password without admin_user");
}

TEST_CASE("credentials for the REST API belong together", "[config_checks]") {
  const auto cluster = [](const std::string& text) {
    return errors_of("cluster: {nodes: [pg1], " + text + "}", {}, {{"/f", "x"}});
  };
  CHECK(cluster("api_user: a, api_password: b") == "ok");
  CHECK(cluster("api_user: a, api_password_file: /f") == "ok");
  CHECK(cluster("api_user: a") ==
        "r.yaml:1:35: cluster.api_user: the password is missing; set api_password_file or api_password");
  CHECK(cluster("api_password: b") == "r.yaml:1:10: cluster: a password without api_user");
  CHECK(cluster("api_user: a, api_password: b, api_password_file: /f").find("api_password is set as well") !=
        std::string::npos);
}

TEST_CASE("users have names that differ, wherever they come from", "[config_checks]") {
  const auto stats = [](const std::string& text, const std::string& file) {
    return errors_of(nodes + "stats: {" + text + "}", {}, {{"/users", file}});
  };
  CHECK(stats("users: ['a:*', 'b:*'], users_file: /users, admin_user: d, admin_password: x", "c:*\n") ==
        "ok");
  CHECK(stats("users: ['a:*', 'a:*']", "") ==
        "r.yaml:2:16: stats.users: there is a user \"a\" already; names must differ, also from users, "
        "users_file "
        "and admin_user");
  CHECK(stats("users: 'a:*', users_file: /users", "a:*").find("stats.users_file: there is a user") !=
        std::string::npos);
  CHECK(stats("users: 'a:*', admin_user: a, admin_password: x", "").find("stats.users: there is a user") !=
        std::string::npos);
  CHECK(stats("login_to_read: true", "") ==
        "r.yaml:2:24: stats.login_to_read: nobody could sign in; set users or users_file");
}

TEST_CASE("HTTPS of the statistics port needs its two files, and a port", "[config_checks]") {
  const auto tls = [](const std::string& text) {
    return errors_of(nodes + "stats: {" + text + "}", {}, {{"/f", "x"}});
  };
  CHECK(tls("tls: {cert_file: /f, key_file: /f, client_ca_file: /f}") == "ok");
  CHECK(tls("tls: {cert_file: /f}") == "r.yaml:2:26: stats.tls.cert_file: its key_file is missing");
  CHECK(tls("tls: {client_ca_file: /f}") == "r.yaml:2:14: stats.tls: cert_file is missing");
  CHECK(tls("bind: [], tls: {cert_file: /f, key_file: /f}").find("no statistics port that would use it") !=
        std::string::npos);
}

TEST_CASE("run-time sockets do not take each other's places", "[config_checks]") {
  CHECK(wrong("stats: {socket: [/a, '/b level admin', '127.0.0.1:9999']}") == "ok");
  CHECK(wrong("stats: {socket: [/a, '/a level admin']}") ==
        "r.yaml:2:17: stats.socket: /a stands there twice");
  CHECK(wrong("stats: {socket: '127.0.0.1:5000'}").find("stats.socket: 127.0.0.1:5000 is taken by") !=
        std::string::npos);
}
