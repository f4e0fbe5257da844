// Files that settings name, the machine, and the file itself.
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include "common/base/quantity.h"
#include "router/config/load_router_config.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/router/config/loading.h"

using namespace tamada;
using namespace tamada::router;

namespace {

const std::string nodes = "cluster: {nodes: [pg1, pg2]}\n";

}  // namespace

TEST_CASE("files that cannot be read are told when loading", "[load_router_config]") {
  const std::string text =
      "cluster: {nodes: [pg1], api_scheme: https, api_tls: {ca_file: /ca.pem, cert_file: /c.pem, key_file: "
      "/k.pem}}";
  CHECK(errors_of(text, {}, {{"/ca.pem", "x"}, {"/k.pem", "x"}}) ==
        "r.yaml:1:83: cluster.api_tls.cert_file: cannot read /c.pem: No such file or directory");
  CHECK(loaded(text, {}, {{"/ca.pem", "x"}, {"/c.pem", "x"}, {"/k.pem", "x"}}).cluster.nodes[0].api_scheme ==
        "https");
}

TEST_CASE("the password of the status page may stand in a file", "[load_router_config]") {
  const std::string text = nodes + "stats: {admin_user: dba, admin_password_file: /run/secrets/admin}\n";
  CHECK(loaded(text, {}, {{"/run/secrets/admin", "s3cret\n"}}).stats.admin_password == "s3cret");
  CHECK(errors_of(text, {}, {{"/run/secrets/admin", "\n"}}) ==
        "r.yaml:2:47: stats.admin_password_file: /run/secrets/admin is empty; expected the password");
}

TEST_CASE("users may stand in a file, and what is wrong there is told with its line",
          "[load_router_config]") {
  const std::string text = nodes + "stats: {users: ['a:*'], users_file: /users}\n";
  const RouterConfig config = loaded(text, {}, {{"/users", "# more\nb:*\n"}});
  CHECK(config.stats.users == std::vector<StatsUser>{{"a", "*"}});
  CHECK(config.stats.file_users == std::vector<StatsUser>{{"b", "*"}});
  CHECK(errors_of(text, {}, {{"/users", "\nb:x\n"}})
            .starts_with("r.yaml:2:37: stats.users_file: /users:2: user \"b\": plain text"));
  const std::string all = errors_of(text, {}, {{"/users", "b:x\nc:*\nd\n"}});
  CHECK(all.find("/users:1: user \"b\": plain text") != std::string::npos);
  CHECK(all.find("\nr.yaml:2:37: stats.users_file: /users:3: no colon") != std::string::npos);
  CHECK(errors_of(text, {}, {{"/users", "#\n"}}) ==
        "r.yaml:2:37: stats.users_file: /users names nobody; expected a NAME:HASH a line");
  CHECK(errors_of(text).find("cannot read /users") != std::string::npos);
  CHECK(errors_of(nodes + "stats: {users: [hidden]}").find("hidden") == std::string::npos);
}

TEST_CASE("the password for the REST API may stand in a file", "[load_router_config]") {
  const std::string text = "cluster: {nodes: [pg1], api_user: patroni, api_password_file: /p}\n";
  CHECK(loaded(text, {}, {{"/p", "s3cret\n"}}).cluster.api_password == "s3cret");
}

TEST_CASE("the statistics port and the run-time sockets come from the environment, too",
          "[load_router_config]") {
  const StatsConfig stats = loaded(nodes, {{"TAMADA_STATS_SOCKET", "/run/x level admin, 127.0.0.1:9999"},
                                           {"TAMADA_STATS_USERS", "a:*"},
                                           {"TAMADA_STATS_STANDBY_STATUS", "MAINT"}})
                                .stats;
  REQUIRE(stats.sockets.size() == 2);
  CHECK(stats.sockets[0] == StatsSocket{"/run/x", {}, SocketLevel::admin, 0600});
  CHECK(stats.sockets[1] == StatsSocket{"", {"127.0.0.1", 9999}, SocketLevel::operator_, 0600});
  CHECK(stats.users.size() == 1);
  CHECK(stats.standby_status == StandbyStatus::maint);
  CHECK(loaded(nodes, {{"TAMADA_STATS", "off"}, {"TAMADA_STATS_SOCKET", "/x"}}).stats.sockets.empty());
}

TEST_CASE("what the machine does not give is told among the other errors, in the same round",
          "[load_router_config]") {
  const auto told = [](const std::string& text) {
    const Machine machine{files({}), [](const RouterConfig& config) {
                            std::vector<MachineFinding> found;
                            if (!config.state_dir.empty()) found.push_back({"state_dir", "is not there"});
                            if (!config.stats.tls.cert_file.empty()) found.push_back({"stats.tls", "is bad"});
                            return found;
                          }};
    const auto config = load_router_config(text, "r.yaml", {}, machine);
    return config ? std::string("ok") : format_errors(config.error(), "so");
  };
  CHECK(told("cluster: {nodes: [pg1], name: [a]}\nstate_dir: /x\n")
            .find("r.yaml:2:12: state_dir: is not there") != std::string::npos);
  // A file that cannot be read is told once, not by whoever needs it as well.
  CHECK(told(nodes + "stats: {tls: {cert_file: /c, key_file: /k}}").find("is bad") == std::string::npos);
}

TEST_CASE("another content of a file that a setting names is another configuration", "[load_router_config]") {
  const std::string yaml =
      "cluster: {name: c, nodes: [pg1], etcd: {hosts: [e], username: u, password_file: /p}}\n";
  CHECK(loaded(yaml, {}, {{"/p", "a"}}) == loaded(yaml, {}, {{"/p", "a"}}));
  CHECK_FALSE(loaded(yaml, {}, {{"/p", "a"}}) == loaded(yaml, {}, {{"/p", "b"}}));
  CHECK(errors_of(yaml, {}, {{"/p", "\n"}}).find("/p is empty; expected the password") != std::string::npos);
}

TEST_CASE("what a configuration holds without effect is noted", "[load_router_config]") {
  CHECK(notes_on(loaded(nodes)).empty());
  CHECK(notes_on(loaded(nodes + "stats: {socket: /x expose-fd listeners}")) ==
        std::vector<std::string>{"stats.socket: /x: \"expose-fd listeners\" has no effect here"});
}

TEST_CASE("reading a file: whatever the path names, the answer is a clear error or a configuration",
          "[read_router_config]") {
  const TemporaryFolder folder;
  const auto write = [&](const std::string& name, const std::string& text) {
    std::ofstream(folder / name) << text;
    return folder / name;
  };
  const auto first_error = [](const std::string& path) {
    const auto config = read_router_config(path, {});
    return config ? std::string("ok") : config.error().at(0).to_string();
  };
  CHECK(first_error(write("good.yaml", nodes)) == "ok");
  CHECK(first_error((folder / "none.yaml")) ==
        (folder / "none.yaml") + ": cannot read " + (folder / "none.yaml") + ": No such file or directory");
  CHECK(first_error(folder.path()).find("it is a directory; expected a file") != std::string::npos);
  CHECK(first_error("/dev/zero").find("it is not a regular file") != std::string::npos);
  const std::string huge = write("huge.yaml", "");
  std::filesystem::resize_file(huge, 100 << 20);
  CHECK(first_error(huge).find("it is larger than 1048576 bytes") != std::string::npos);
  CHECK(read_router_config("", {{"TAMADA_NODES", "pg1"}}));
  REQUIRE_FALSE(read_router_config("", {}));
  CHECK(
      read_router_config("", {}).error()[0].to_string().starts_with("environment: cluster.nodes: no nodes"));
}
