// Where the server's files are, and how the agent logs in.
#include "agent/server/settings/server_files.h"
#include "tests/unit/agent/server/settings/a_setup.h"

using namespace tamada;
using namespace tamada::agent;

namespace {

postgres::Conninfo listening_on(const std::string& addresses, const std::string& shared = "{}") {
  auto setup = std::make_shared<ServerSetup>(*a_setup(shared));
  setup->config.postgres.listen_addresses = addresses;
  return local_conninfo(*setup);
}

}  // namespace

TEST_CASE("the agent logs in over TCP where the server listens", "[server_places]") {
  CHECK(listening_on("10.0.0.1,::1") == postgres::Conninfo{{"host", "10.0.0.1"},
                                                           {"port", "5432"},
                                                           {"user", "postgres"},
                                                           {"password", "secret-1"},
                                                           {"dbname", "postgres"},
                                                           {"application_name", "Patroni"}});
  CHECK(listening_on("0.0.0.0").at("host") == "127.0.0.1");
  CHECK(listening_on("::").at("host") == "::1");
  CHECK(listening_on("*").at("host") == "localhost");
  CHECK(listening_on("*").at("hostaddr") == "127.0.0.1");
  CHECK(listening_on("10.0.0.1, localhost").at("host") == "localhost");
}

TEST_CASE("over the socket where the settings say so", "[server_places]") {
  const auto with = [](const std::string& parameters) {
    return listening_on(
        "10.0.0.1",
        R"({"postgresql": {"use_unix_socket": true, "database": "mine", "parameters": )" + parameters + "}}");
  };
  CHECK(with(R"({"unix_socket_directories": ".., /run/pg"})").at("host") == "/run/pg");
  CHECK(with(R"({"unix_socket_directories": ".., /run/pg"})").at("dbname") == "mine");
  CHECK(with("{}").count("host") == 0);
  // No folder that a client could name.
  CHECK(with(R"({"unix_socket_directories": ".."})").at("host") == "10.0.0.1");
}

TEST_CASE("another member is logged in to as whom the work wants", "[server_places]") {
  const auto setup = a_setup("{}", "", "  krbsrvname: pg\n");
  CHECK(member_conninfo(*setup, leader, LoginAs::superuser) ==
        postgres::Conninfo{{"host", "10.0.0.2"},
                           {"port", "5433"},
                           {"user", "postgres"},
                           {"password", "secret-1"},
                           {"dbname", "postgres"},
                           {"krbsrvname", "pg"},
                           {"application_name", "Patroni"}});
  // No rewind user: the superuser.
  CHECK(member_conninfo(*setup, leader, LoginAs::rewind).at("user") == "postgres");
  const auto replication = member_conninfo(*setup, leader, LoginAs::replication);
  CHECK(replication.at("user") == "replicator");
  CHECK(replication.count("dbname") == 0);
}

TEST_CASE("slots have the members' names, where slots are used", "[server_places]") {
  CHECK(slot_of(*a_setup(), "Node-2") == "node_2");
  CHECK(slot_of(*a_setup(R"({"postgresql": {"use_slots": false}})"), "Node-2").empty());
  const auto archive_only = a_setup("{}", "tags: {nostream: true}\n");
  CHECK(slot_of(*archive_only, "node1").empty());
  CHECK(slot_of(*archive_only, "node2") == "node2");
}

TEST_CASE("files and programs are where the settings put them", "[server_places]") {
  const auto setup = a_setup("{}", "",
                             "  config_dir: /etc/pg/\n  config_base_name: pg\n  custom_conf: mine.conf\n"
                             "  bin_dir: /opt/pg/bin\n  bin_name: {postgres: postgres.real}\n");
  const ConfigPlaces places = config_places(*setup);
  CHECK(places.data_dir == "/data");
  CHECK(places.config_dir == "/etc/pg");
  CHECK(places.base_name == "pg");
  CHECK(places.has_custom_conf);
  CHECK(server_files(*setup, primary(), {}, std::nullopt, "").main.find("include 'mine.conf'\n") !=
        std::string::npos);
  CHECK(server_program(*setup, "postgres") == "/opt/pg/bin/postgres.real");
  CHECK(server_program(*setup, "initdb") == "/opt/pg/bin/initdb");
  CHECK(password_file_path(*setup) == "/secret/pgpass");
}
