#include "agent/postgres/formats/postmaster_call.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace tamada::agent;

namespace {

using Words = std::vector<std::string>;

bool has(const ProgramCall& call, const std::string& word) {
  return std::find(call.arguments.begin(), call.arguments.end(), word) != call.arguments.end();
}

const Settings forced{{"listen_addresses", "10.0.0.1"}, {"port", "5432"}, {"cluster_name", "main"}};

PostmasterStart start() {
  PostmasterStart start;
  start.program = "/bin/postgres";
  start.data_dir = "/data";
  start.config_file = "/data/postgresql.conf";
  start.command_line = command_line_values({}, forced).values;
  start.environment = {{"PATH", "/bin"}};
  return start;
}

}  // namespace

TEST_CASE("the settings of the command line have Patroni's defaults", "[postmaster_call]") {
  const CommandLineValues values = command_line_values({}, forced);
  CHECK(values.replaced.empty());
  CHECK(values.values == Settings{{"listen_addresses", "10.0.0.1"},
                                  {"port", "5432"},
                                  {"cluster_name", "main"},
                                  {"wal_level", "replica"},
                                  {"hot_standby", "on"},
                                  {"max_connections", "100"},
                                  {"max_wal_senders", "10"},
                                  {"max_prepared_transactions", "0"},
                                  {"max_locks_per_transaction", "64"},
                                  {"track_commit_timestamp", "off"},
                                  {"max_replication_slots", "10"},
                                  {"max_worker_processes", "8"},
                                  {"wal_log_hints", "on"}});
}

TEST_CASE("values that are too low or senseless are replaced by the default, each for itself",
          "[postmaster_call]") {
  const CommandLineValues values = command_line_values({{"max_connections", "200"},
                                                        {"max_wal_senders", "2"},
                                                        {"wal_level", "minimal"},
                                                        {"track_commit_timestamp", "perhaps"},
                                                        {"max_replication_slots", "many"},
                                                        {"hot_standby", "off"},
                                                        {"port", "1"},
                                                        {"work_mem", "1"}},
                                                       forced);
  CHECK(values.values.at("max_connections") == "200");
  CHECK(values.values.at("max_wal_senders") == "10");
  CHECK(values.values.at("wal_level") == "replica");
  CHECK(values.values.at("hot_standby") == "on");
  CHECK(values.values.at("port") == "5432");
  CHECK(values.values.count("work_mem") == 0);
  CHECK(values.replaced ==
        Words{"wal_level", "max_wal_senders", "track_commit_timestamp", "max_replication_slots"});
  CHECK(command_line_values({{"wal_level", "hot_standby"}}, {}).values.at("wal_level") == "replica");
  CHECK(command_line_values({{"wal_level", "logical"}}, {}).values.at("wal_level") == "logical");
}

TEST_CASE("a standby starts with at least what its primary had", "[postmaster_call]") {
  Settings values = command_line_values({{"max_wal_senders", "20"}}, {}).values;
  const ControlSettings control{400, 8, 10, std::nullopt, 128};
  CHECK(raise_to_control(values, control) ==
        std::vector<RaisedSetting>{{"max_connections", "100", "400"},
                                   {"max_locks_per_transaction", "64", "128"}});
  CHECK(values.at("max_connections") == "400");
  CHECK(values.at("max_wal_senders") == "20");
  CHECK(raise_to_control(values, {}).empty());
}

TEST_CASE("the server starts in its data directory with its settings as options", "[postmaster_call]") {
  const ProgramCall call = postmaster_call(start());
  CHECK(call.program == "/bin/postgres");
  CHECK(call.directory == "/data");
  CHECK(Words(call.arguments.begin(), call.arguments.begin() + 7) ==
        Words{"/bin/postgres", "-D", "/data", "--config-file=/data/postgresql.conf",
              "--listen_addresses=10.0.0.1", "--port=5432", "--cluster_name=main"});
  CHECK(call.arguments.size() == 17);
  CHECK(call.environment == EnvironmentVariables{{"PATH", "/bin"}});
}

TEST_CASE("a foreign process with the number in postmaster.pid is told to the server", "[postmaster_call]") {
  PostmasterStart one = start();
  one.foreign_pid = 4711;
  CHECK(postmaster_call(one).environment.at("PG_GRANDPARENT_PID") == "4711");
}

TEST_CASE("single-user mode archives nothing", "[postmaster_call]") {
  const ProgramCall call = single_user_call("/bin/postgres", "/data", "/etc/p.conf",
                                            {{"max_connections", "400"}}, {{"LC_ALL", "C"}});
  CHECK(call.arguments == Words{"/bin/postgres", "--single", "-D", "/data", "--config-file=/etc/p.conf", "-c",
                                "archive_mode=on", "-c", "archive_command=false", "--max_connections=400",
                                "template1"});
}

TEST_CASE("a setting is asked with the options of a start", "[postmaster_call]") {
  const ProgramCall call = setting_call(start(), "shared_buffers");
  CHECK(call.arguments.at(1) == "-C");
  CHECK(call.arguments.at(2) == "shared_buffers");
  CHECK(has(call, "--max_connections=100"));
}

TEST_CASE("a server gets no secrets of the agent, and no settings of libpq", "[program_call]") {
  const EnvironmentVariables own{
      {"PATRONI_SUPERUSER_PASSWORD", "x"}, {"TAMADA_X", "x"}, {"KUBERNETES_PORT", "1"},
      {"NOTIFY_SOCKET", "/run/n"},         {"PGHOST", "h"},   {"PATH", "/bin"},
      {"PG_MALLOC_ARENA_MAX", "1"},        {"LANG", "ru"},    {"LANGUAGE", "ru"}};
  CHECK(
      server_environment(own) ==
      EnvironmentVariables{{"PATH", "/bin"}, {"MALLOC_ARENA_MAX", "1"}, {"LANG", "ru"}, {"LANGUAGE", "ru"}});
  CHECK(tool_environment(own) ==
        EnvironmentVariables{{"PATH", "/bin"}, {"MALLOC_ARENA_MAX", "1"}, {"LANG", "ru"}, {"LC_ALL", "C"}});
}

TEST_CASE("environments are lists of words and back", "[program_call]") {
  CHECK(environment_of({"A=1", "B=x=y", "none", "=z", "C="}) ==
        EnvironmentVariables{{"A", "1"}, {"B", "x=y"}, {"C", ""}});
  CHECK(words_of({{"A", "1"}, {"B", ""}}) == Words{"A=1", "B="});
  CHECK(program_path("/usr/bin", "postgres") == "/usr/bin/postgres");
  CHECK(program_path("/usr/bin/", "postgres") == "/usr/bin/postgres");
  CHECK(program_path("", "postgres") == "postgres");
}
