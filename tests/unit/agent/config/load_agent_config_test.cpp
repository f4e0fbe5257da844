// The loader: values and defaults, all errors at once with their places, what is not supported.
#include <nlohmann/json.hpp>

#include "tests/unit/agent/config/loading.h"

using namespace tamada;
using namespace tamada::agent;

TEST_CASE("a small file has Patroni's defaults for all the rest", "[agent_config]") {
  CHECK(told(a_file()) == "ok");
  const AgentConfig c = loaded(a_file());
  CHECK(c.scope == "demo");
  CHECK(c.name == "node1");
  CHECK(c.key_prefix == "/service");
  CHECK(c.etcd.endpoints == std::vector<std::string>{"http://e1:2379", "http://e2:2379"});
  CHECK(c.restapi.listen == HostPort{"0.0.0.0", 8008});
  CHECK(c.restapi.connect_address == HostPort{"10.0.0.1", 8008});
  CHECK(c.postgres.listen_addresses == "0.0.0.0");
  CHECK(c.postgres.port == 5432);
  CHECK(c.postgres.data_dir == "/data");
  CHECK(c.postgres.superuser.username == "postgres");
  CHECK(c.postgres.replication.password == "secret-2");
  CHECK_FALSE(c.postgres.rewind);
  CHECK(c.postgres.shared == SharedPostgres{});
  CHECK(c.postgres.given.empty());
  CHECK(c.log == LogSettings{});
  CHECK(c.bootstrap == BootstrapConfig{});
  CHECK(c.watchdog == WatchdogConfig{});
  CHECK(c.tags == NodeTags{});
}

TEST_CASE("every setting is read into its field", "[agent_config]") {
  const AgentConfig c = loaded(a_file(
      "namespace: /databases/\n"
      "thread_pool_size: 5\n"
      "log: {type: json, level: DEBUG, traceback_level: DEBUG, format: [message, {asctime: time}], "
      "dateformat: '%H',\n"
      "      static_fields: {app: x, n: 1}, max_queue_size: 7, dir: /var/log, file_size: 5000, file_num: 2,\n"
      "      mode: 0640, loggers: {a.b: WARNING}, deduplicate_heartbeat_logs: yes}\n"
      "ctl: {insecure: on, cacert: /ca, certfile: /c, keyfile: /k, keyfile_password: p,\n"
      "      authentication: {username: u, password: v}}\n"
      "watchdog: {mode: off, device: /dev/w, safety_margin: -1, driver: testing}\n"
      "tags: {clonefrom: true, zone: b, n: 1}\n",
      "  proxy_address: 10.0.0.1:6432\n"
      "  config_dir: /etc/pg/\n"
      "  pgpass: /p\n"
      "  bin_dir: /bin/\n"
      "  bin_name: {pg_ctl: pg_ctl15}\n"
      "  parameters: {ssl: on, work_mem: 8MB, n: 1.5}\n"
      "  parameters_primary: {work_mem: 9MB}\n"
      "  pg_hba: [local all all trust]\n"
      "  pg_hba_replica: [host all all all md5]\n"
      "  pg_ident: [m a b]\n"
      "  recovery_conf: {restore_command: 'cp /a/%f %p'}\n"
      "  callbacks: {on_start: /a, on_stop: /b, on_restart: /c, on_reload: /d, on_role_change: '/e x'}\n"
      "  basebackup: [{max-rate: 100M}, verbose]\n"
      "  rewind: {sync-method: fsync}\n"
      "  pg_ctl_timeout: '90'\n"
      "  pre_promote: /f\n"
      "  before_stop: /g\n"
      "  custom_conf: /h\n"
      "  config_base_name: main\n"
      "  use_unix_socket: true\n"
      "  use_unix_socket_repl: true\n"
      "  krbsrvname: k\n"
      "  database: d\n"
      "  use_pg_rewind: true\n",
      "  certfile: /s\n"
      "  keyfile: /t\n"
      "  cafile: /u\n"
      "  ciphers: HIGH\n"
      "  verify_client: optional\n"
      "  allowlist: [10.0.0.0/8, host1]\n"
      "  allowlist_include_members: true\n"
      "  http_extra_headers: {X-A: b}\n"
      "  https_extra_headers: {X-C: 'd'}\n"
      "  request_queue_size: 50\n"
      "  server_tokens: ProductOnly\n"
      "  authentication: {username: a, password: b}\n"));
  CHECK(c.key_prefix == "/databases");
  CHECK(c.log.type == LogSettings::Type::json);
  CHECK(c.log.level == "DEBUG");
  CHECK(c.log.format.dump() == R"(["message",{"asctime":"time"}])");
  CHECK(c.log.static_fields.dump() == R"({"app":"x","n":1})");
  CHECK(c.log.max_queue_size == 7);
  CHECK(c.log.mode == 0640u);
  CHECK(c.log.loggers.at("a.b") == "WARNING");
  CHECK(c.log.deduplicate_heartbeat_logs);
  CHECK(c.ctl.insecure);
  CHECK(c.ctl.authentication == ApiUser{"u", "v"});
  CHECK(c.watchdog.mode == WatchdogConfig::Mode::off);
  CHECK(c.watchdog.safety_margin == -1);
  CHECK(c.tags.all().dump() == R"({"clonefrom":true,"zone":"b","n":1})");
  CHECK(c.postgres.proxy_address == HostPort{"10.0.0.1", 6432});
  CHECK(c.postgres.config_dir == "/etc/pg");
  CHECK(c.postgres.parameters.dump() == R"({"ssl":true,"work_mem":"8MB","n":1.5})");
  const SharedPostgres& shared = c.postgres.shared;
  CHECK(shared.bin_dir == "/bin");
  CHECK(shared.bin_name.at("pg_ctl") == "pg_ctl15");
  CHECK(shared.parameters_of_role.at("primary").dump() == R"({"work_mem":"9MB"})");
  CHECK(shared.pg_hba.lines == std::vector<std::string>{"local all all trust"});
  CHECK(shared.pg_hba.of_role.at("replica").size() == 1);
  CHECK(shared.recovery_conf.dump() == R"({"restore_command":"cp /a/%f %p"})");
  CHECK(shared.callbacks == Callbacks{"/a", "/b", "/c", "/d", "/e x"});
  CHECK(shared.basebackup == std::vector<ProgramOption>{{"max-rate", "100M"}, {"verbose", std::nullopt}});
  CHECK(shared.rewind == std::vector<ProgramOption>{{"sync-method", "fsync"}});
  CHECK(shared.pg_ctl_timeout == 90);
  CHECK(shared.database == "d");
  CHECK(shared.use_pg_rewind);
  CHECK(c.postgres.given.contains("callbacks"));
  CHECK_FALSE(c.postgres.given.contains("parameters"));
  CHECK_FALSE(c.postgres.given.contains("data_dir"));
  CHECK(c.restapi.verify_client == RestApiConfig::VerifyClient::optional);
  CHECK(c.restapi.allowlist == std::vector<std::string>{"10.0.0.0/8", "host1"});
  CHECK(c.restapi.http_extra_headers == Headers{{"X-A", "b"}});
  CHECK(c.restapi.request_queue_size == 50);
  CHECK(c.restapi.server_tokens == RestApiConfig::ServerTokens::productonly);
}

TEST_CASE("an empty file is told all that is missing", "[agent_config]") {
  const std::string all = told("");
  for (const char* path : {"scope", "name", "restapi.listen", "restapi.connect_address", "etcd3",
                           "postgresql.listen", "postgresql.connect_address", "postgresql.data_dir",
                           "postgresql.authentication.replication.username"}) {
    INFO(all);
    CHECK(contains(all, std::string("p.yml: ") + path + ": "));
  }
}

TEST_CASE("errors are told all at once, each with its line and column", "[agent_config]") {
  CHECK(told("scope: demo\n"
             "name: node1\n"
             "etcd3: {hosts: e1, port: many}\n"
             "restapi:\n"
             "  listen: 0.0.0.0:99999\n"
             "  connect_address: 10.0.0.1:8008\n"
             "  verify_client: always\n"
             "postgresql:\n"
             "  listen: 0.0.0.0:5432\n"
             "  connect_address: 10.0.0.1:5432\n"
             "  data_dir: [/data]\n"
             "  use_unix_socket: perhaps\n"
             "  authentication:\n"
             "    replication: {username: replicator}\n") ==
        "p.yml:3:26: etcd3.port: found \"many\"; expected a whole number from 1 to 65535\n"
        "p.yml:5:11: restapi.listen: \"0.0.0.0:99999\": bad port \"99999\"; expected 1 to 65535\n"
        "p.yml:7:18: restapi.verify_client: \"always\": expected none, optional or required\n"
        "p.yml:11:13: postgresql.data_dir: found a list; expected text\n"
        "p.yml:12:20: postgresql.use_unix_socket: found \"perhaps\"; expected true or false");
}

TEST_CASE("a number or a switch is no path, no address and no command", "[agent_config]") {
  CHECK(told("scope: 1\n"
             "name: 2\n"
             "log: {dir: 3}\n"
             "etcd3: {hosts: e1, url: 4, cacert: 5.5}\n"
             "restapi:\n"
             "  listen: 8008\n"
             "  connect_address: 10.0.0.1:8008\n"
             "  certfile: yes\n"
             "postgresql:\n"
             "  listen: 5432\n"
             "  connect_address: 10.0\n"
             "  data_dir: 7\n"
             "  bin_dir: off\n"
             "  pgpass: '8'\n"
             "  pre_promote: true\n"
             "  callbacks: {on_start: 9}\n"
             "  create_replica_methods: [mine]\n"
             "  mine: {command: 10}\n"
             "  authentication:\n"
             "    replication: {username: replicator, password: 11}\n") ==
        "p.yml:3:12: log.dir: found the number 3; expected a path\n"
        "p.yml:4:25: etcd3.url: found the number 4; expected a URL\n"
        "p.yml:4:36: etcd3.cacert: found the number 5.5; expected a path\n"
        "p.yml:6:11: restapi.listen: found the number 8008; expected host:port\n"
        "p.yml:8:13: restapi.certfile: found the switch yes; expected a path\n"
        "p.yml:10:11: postgresql.listen: found the number 5432; expected an address and a port, such as "
        "10.0.0.1:5432 or *:5432\n"
        "p.yml:11:20: postgresql.connect_address: found the number 10.0; expected host:port\n"
        "p.yml:12:13: postgresql.data_dir: found the number 7; expected a path\n"
        "p.yml:13:12: postgresql.bin_dir: found the switch off; expected a path\n"
        "p.yml:15:16: postgresql.pre_promote: found the switch true; expected a command\n"
        "p.yml:16:25: postgresql.callbacks.on_start: found the number 9; expected a command\n"
        "p.yml:18:19: postgresql: mine.command: found the number 10; expected a command");
}

TEST_CASE("other stores are refused with what to do, and nothing is told about the missing etcd3",
          "[agent_config]") {
  std::string text = a_file();
  text.replace(text.find("etcd3: {hosts: 'e1:2379,e2:2379'}"), 33, "etcd: {host: 'e1:2379'}");
  const std::string etcd = told(text);
  CHECK(etcd ==
        "p.yml:3:1: etcd: etcd's API v2 is not supported; etcd has v3 at the same address, so write etcd3: "
        "instead of "
        "etcd: here (PATRONI_ETCD3_... for variables). Keys of the two are apart: change all nodes of a "
        "cluster to "
        "etcd3 while it is paused");
  for (const char* store : {"consul", "zookeeper", "exhibitor", "kubernetes", "raft"}) {
    std::string other = a_file();
    other.replace(other.find("etcd3:"), 6, std::string(store) + ":");
    INFO(store);
    CHECK(told(other) ==
          std::string("p.yml:3:1: ") + store +
              ": is not supported; run etcd 3.4 or later and write its address under etcd3, such as "
              "etcd3: {hosts: \"etcd1:2379,etcd2:2379,etcd3:2379\"}");
  }
  CHECK(told(a_file("citus: {database: d, group: 0}\n")) ==
        "p.yml:14:1: citus: Citus is not supported; take the section out to run the nodes without it");
}

TEST_CASE("what is not supported yet is refused at its place", "[agent_config]") {
  CHECK(told(a_file("bootstrap:\n"
                    "  dcs:\n"
                    "    synchronous_mode: quorum\n"
                    "    failsafe_mode: true\n"
                    "    standby_cluster: {host: 1.2.3.4, port: 5432}\n"
                    "    slots:\n"
                    "      l: {type: logical, database: d, plugin: pgoutput}\n"
                    "watchdog: {mode: required}\n")) ==
        "p.yml:16:23: bootstrap.dcs.synchronous_mode: quorum commit (synchronous_mode: quorum): not "
        "supported yet\n"
        "p.yml:17:20: bootstrap.dcs.failsafe_mode: failsafe mode: not supported yet\n"
        "p.yml:18:22: bootstrap.dcs.standby_cluster: a standby cluster: not supported yet\n"
        "p.yml:20:7: bootstrap.dcs.slots: permanent logical replication slots: not supported yet\n"
        "p.yml:21:18: watchdog.mode: required: not supported yet; with automatic or off the node runs "
        "without one");
  CHECK(told(a_file("watchdog: {mode: automatic}\n")) ==
        "warning: p.yml:14:18: watchdog.mode: the watchdog device is not used yet");
  CHECK(told(a_file("watchdog: {mode: off}\n")) == "ok");
}

TEST_CASE("custom methods are sections of any name", "[agent_config]") {
  const AgentConfig c =
      loaded(a_file("bootstrap:\n"
                    "  method: wal_g\n"
                    "  wal_g:\n"
                    "    command: /usr/local/bin/restore --latest\n"
                    "    keep_existing_recovery_conf: true\n"
                    "    no_params: false\n"
                    "    recovery_conf: {recovery_target_action: promote, recovery_target_timeline: latest}\n"
                    "    test-argument: test-value\n"
                    "  initdb: [data-checksums, {encoding: UTF8}]\n",
                    "  create_replica_methods: [pgbackrest, basebackup]\n"
                    "  pgbackrest:\n"
                    "    command: /usr/bin/pgbackrest --stanza=main --delta restore\n"
                    "    keep_data: True\n"
                    "    no_params: True\n"
                    "    no_leader: 1\n"));
  REQUIRE(c.bootstrap.methods.size() == 1);
  const CustomMethod& boot = c.bootstrap.methods[0];
  CHECK(boot.name == "wal_g");
  CHECK(boot.command == "/usr/local/bin/restore --latest");
  CHECK(boot.keep_existing_recovery_conf);
  CHECK_FALSE(boot.no_params);
  CHECK(boot.recovery_conf.dump() ==
        R"({"recovery_target_action":"promote","recovery_target_timeline":"latest"})");
  CHECK(boot.arguments == std::vector<std::pair<std::string, std::string>>{{"test-argument", "test-value"}});
  CHECK(c.bootstrap.initdb ==
        std::vector<ProgramOption>{{"data-checksums", std::nullopt}, {"encoding", "UTF8"}});
  REQUIRE(c.postgres.shared.methods.size() == 1);
  const CustomMethod& replica = c.postgres.shared.methods[0];
  CHECK(replica.no_params);
  CHECK(replica.no_leader);
  CHECK(replica.keep_data);
  CHECK(replica.arguments ==
        std::vector<std::pair<std::string, std::string>>{{"keep_data", "True"}, {"no_leader", "1"}});
  CHECK(c.postgres.given.contains("pgbackrest"));
}

TEST_CASE("a method without a section is told", "[agent_config]") {
  CHECK(told(a_file("bootstrap: {method: wal_g}\n")) ==
        "p.yml:14:21: bootstrap.method: \"wal_g\" has no section bootstrap.wal_g with a command");
  CHECK(told(a_file("", "  create_replica_methods: [wal_e, basebackup]\n")) ==
        "warning: p.yml:14:27: postgresql.create_replica_methods: \"wal_e\" has no section postgresql.wal_e "
        "here; "
        "without one in the shared configuration a program of this name is called");
}

TEST_CASE("unknown settings are warnings with the name or the place that was meant", "[agent_config]") {
  CHECK(told(a_file("", "  data_dri: /x\n")) ==
        "warning: p.yml:14:3: postgresql: unknown setting \"data_dri\" (did you mean \"data_dir\"?)");
  CHECK(told(a_file("", "  password: x\n")) ==
        "warning: p.yml:14:3: postgresql: unknown setting \"password\" (it belongs under "
        "\"postgresql.authentication.superuser\")");
}

TEST_CASE("a setting of the shared configuration at the first level is told with its place",
          "[agent_config]") {
  CHECK(told(a_file("ttl: 30\nsynchronous_mode: true\n")) ==
        "warning: p.yml:14:1: ttl: has no effect here: all nodes share it; it belongs under bootstrap.dcs, "
        "and once "
        "there is a cluster it is changed with patronictl edit-config\n"
        "warning: p.yml:15:1: synchronous_mode: has no effect here: all nodes share it; it belongs under "
        "bootstrap.dcs, "
        "and once there is a cluster it is changed with patronictl edit-config");
}

TEST_CASE("a user beside restapi.authentication is an error, since it protects nothing", "[agent_config]") {
  CHECK(told(a_file("", "", "  username: admin\n  password: hidden\n")) ==
        "p.yml:7:13: restapi.username: has no effect here, and leaves the REST API open; it belongs under "
        "restapi.authentication.username\n"
        "p.yml:8:13: restapi.password: has no effect here, and leaves the REST API open; it belongs under "
        "restapi.authentication.password");
}

TEST_CASE("no secret stands in what is told", "[agent_config]") {
  const std::string all = told(
      a_file("etcd: {password: hidden}\nctl: {password: hidden, keyfile_password: [hidden]}\n",
             "  admin: {password: hidden}\n", "  password: hidden\n  authentication: {password: hidden}\n"),
      {{"PATRONI_RESTAPI_PASWORD", "hidden"}});
  INFO(all);
  CHECK_FALSE(contains(all, "hidden"));
  CHECK(contains(all, "p.yml:8:"));
}

TEST_CASE("a name that would break a key in etcd is refused", "[agent_config]") {
  CHECK(contains(told(a_file() + "\n"), "ok"));
  std::string text = a_file();
  text.replace(text.find("node1"), 5, "a/b");
  CHECK(told(text) == "p.yml:2:7: name: holds a slash; it is a part of a key in etcd");
}

TEST_CASE("a text that is no YAML is told once, with nothing about what comes behind", "[agent_config]") {
  const std::string all = told("scope: demo\nname: [a\npostgresql: {listen: x}\n");
  INFO(all);
  CHECK(contains(all, "p.yml:"));
  CHECK_FALSE(contains(all, "is missing"));
}
