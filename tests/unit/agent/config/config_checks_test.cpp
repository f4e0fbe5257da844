// validate(): configurations that load and cannot do what they are for.
#include "agent/config/config_checks.h"

#include "tests/unit/agent/config/loading.h"

using namespace tamada::agent;

namespace {

std::string found(const AgentConfig& config) {
  std::string text;
  for (const ConfigFinding& finding : validate(config)) {
    text += (text.empty() ? "" : "\n");
    text += finding.severity == ConfigFinding::Severity::warning ? "warning: " : "";
    text += finding.path + ": " + finding.message;
  }
  return text.empty() ? "ok" : text;
}

const std::string user = "  authentication: {username: a, password: b}\n";

}  // namespace

TEST_CASE("a usual configuration has no findings", "[config_checks]") {
  CHECK(found(loaded(a_file("", "", user))) == "ok");
}

TEST_CASE("a REST API that anybody may change things over is told", "[config_checks]") {
  CHECK(found(loaded(a_file())) ==
        "warning: restapi.authentication: is not set: whoever reaches the REST API may restart and switch "
        "over (see "
        "authentication and allowlist)");
  CHECK(found(loaded(a_file("", "", "  allowlist: [10.0.0.0/8]\n"))) == "ok");
}

TEST_CASE("addresses that the other nodes cannot reach are told, and refused where nobody can",
          "[config_checks]") {
  for (const char* address : {"127.0.0.1", "127.0.1.1", "localhost", "0.0.0.0", "'[::1]'", "'[::]'", "'*'"}) {
    std::string text = a_file("", "", user);
    std::string quoted(address);
    quoted = quoted.front() == '\'' ? quoted.substr(0, quoted.size() - 1) + ":5432'" : quoted + ":5432";
    text.replace(text.find("10.0.0.1:5432"), 13, quoted);
    INFO(text);
    const std::string words = found(loaded(text));
    CHECK(contains(words, "postgresql.connect_address: \""));
    const bool is_any = std::string(address).find_first_of("0*:") == 0 || std::string(address) == "'[::]'" ||
                        std::string(address) == "'*'";
    CHECK(contains(words, "warning: postgresql.connect_address") != is_any);
  }
  std::string text = a_file("", "  proxy_address: localhost:6432\n", user);
  CHECK(contains(found(loaded(text)), "postgresql.proxy_address: \"localhost\" means every node itself"));
  text = a_file("", "", user);
  text.replace(text.find("10.0.0.1:8008"), 13, "127.0.0.1:8008");
  CHECK(contains(found(loaded(text)), "restapi.connect_address: \"127.0.0.1\" means every node itself"));
}

TEST_CASE("one port for both servers is refused", "[config_checks]") {
  std::string text = a_file("", "", user);
  text.replace(text.find("0.0.0.0:8008"), 12, "0.0.0.0:5432");
  CHECK(contains(found(loaded(text)), "restapi.listen: has the port of postgresql.listen (5432)"));
}

TEST_CASE("a relative data directory is told", "[config_checks]") {
  std::string text = a_file("", "", user);
  text.replace(text.find("/data"), 5, "data/pg");
  CHECK(contains(found(loaded(text)), "warning: postgresql.data_dir: \"data/pg\" is relative"));
  text.replace(text.find("data/pg"), 7, "///");
  CHECK(contains(found(loaded(text)), "postgresql.data_dir: is the root of the file system"));
}

TEST_CASE("client certificates need a certificate and an authority", "[config_checks]") {
  CHECK(contains(found(loaded(a_file("", "", user + "  verify_client: optional\n"))),
                 "restapi.verify_client: has no effect without certfile"));
  CHECK(contains(found(loaded(a_file("", "", user + "  verify_client: optional\n  certfile: /c\n"))),
                 "restapi.verify_client: needs cafile"));
  CHECK(contains(
      found(loaded(a_file("", "", user + "  verify_client: required\n  certfile: /c\n  cafile: /a\n"))),
      "warning: restapi.verify_client: required: this node asks the others without a certificate"));
  CHECK(found(loaded(a_file("", "", user + "  keyfile: /k\n"))) ==
        "restapi.keyfile: its certfile is missing");
}

TEST_CASE("options that are the agent's own are told", "[config_checks]") {
  CHECK(
      found(loaded(a_file("bootstrap: {initdb: [{pgdata: /x}, data-checksums]}\n",
                          "  basebackup: {wal-method: none, max-rate: 1M}\n  rewind: [dry-run]\n", user))) ==
      "warning: bootstrap.initdb: --pgdata is the agent's own, and left out here\n"
      "warning: postgresql.basebackup: --wal-method is the agent's own, and left out here\n"
      "warning: postgresql.rewind: --dry-run is the agent's own, and left out here");
}

TEST_CASE("etcd's certificate and user are looked at", "[config_checks]") {
  const auto with_etcd = [](const std::string& etcd) {
    std::string text = a_file("", "", user);
    text.replace(text.find("{hosts: 'e1:2379,e2:2379'}"), 26, etcd);
    return found(loaded(text));
  };
  CHECK(contains(with_etcd("{url: 'https://e1'}"), "warning: etcd3.cacert: is not set"));
  CHECK(contains(with_etcd("{host: e1, cacert: /c}"), "warning: etcd3.protocol: is http"));
  CHECK(contains(with_etcd("{host: e1, username: u}"), "etcd3.username: user and password go together"));
  CHECK(with_etcd("{host: e1, protocol: https, cacert: /c, username: u, password: p}") == "ok");
}

TEST_CASE("a relative socket directory is told to whom wants to use it", "[config_checks]") {
  CHECK(contains(found(loaded(a_file(
                     "", "  use_unix_socket: true\n  parameters: {unix_socket_directories: '.'}\n", user))),
                 "warning: postgresql.use_unix_socket: unix_socket_directories \".\" is relative"));
  CHECK(found(loaded(a_file("", "  parameters: {unix_socket_directories: '.'}\n", user))) == "ok");
}
