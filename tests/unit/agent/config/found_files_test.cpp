// Configuration files as they are found: what people have in their patroni.yml is read, or refused with every
// reason. Each case is modelled on public files.
#include <nlohmann/json.hpp>

#include "tests/unit/agent/config/loading.h"

using namespace tamada;
using namespace tamada::agent;

TEST_CASE("parameters without anything below them are none", "[found_files]") {
  for (const char* parameters :
       {"  parameters:\n", "  parameters: null\n", "  parameters: ~\n", "  parameters: {}\n"}) {
    INFO(parameters);
    CHECK(told(a_file("", parameters)) == "ok");
    CHECK(loaded(a_file("", parameters)).postgres.parameters.empty());
  }
  CHECK(told(a_file("bootstrap:\n  dcs:\n    postgresql:\n      parameters:\n")) == "ok");
  CHECK(told(a_file("bootstrap:\n  dcs:\n")) == "ok");
}

TEST_CASE("a whole file may be in flow style", "[found_files]") {
  CHECK(told("{scope: demo, name: n, etcd3: {host: e}, restapi: {listen: '0.0.0.0:8008', connect_address: "
             "'10.0.0.1:8008'},"
             " postgresql: {listen: '*:5432', connect_address: '10.0.0.1:5432', data_dir: /d, parameters: "
             "{a: 1},"
             " authentication: {replication: {username: r, password: p}, superuser: {username: s}}}}") ==
        "ok");
}

TEST_CASE("networks with host bits, and sockets in relative directories, are taken", "[found_files]") {
  const AgentConfig c = loaded(a_file("",
                                      "  parameters: {unix_socket_directories: '..'}\n"
                                      "  pg_hba:\n"
                                      "  - host all all 10.10.0.20/0 md5\n",
                                      "  allowlist: [10.10.0.20/0]\n"));
  CHECK(c.postgres.parameters.dump() == R"({"unix_socket_directories":".."})");
  CHECK(c.restapi.allowlist == std::vector<std::string>{"10.10.0.20/0"});
  CHECK(told(a_file("", "  parameters: {unix_socket_directories: '.'}\n")) == "ok");
}

TEST_CASE("slashes behind the data directory are taken away", "[found_files]") {
  std::string text = a_file();
  text.replace(text.find("/data"), 5, "/data//");
  CHECK(loaded(text).postgres.data_dir == "/data");
  text.replace(text.find("/data//"), 7, "data/postgresql0");
  CHECK(loaded(text).postgres.data_dir == "data/postgresql0");
}

TEST_CASE("variables that nobody expands are told, and not taken as text", "[found_files]") {
  std::string text =
      a_file("tags: {zone: '${ZONE}'}\n", "  parameters: {shared_buffers: '${BUFFERS:-1GB}'}\n");
  text.replace(text.find("node1"), 5, "${HOSTNAME}");
  text.replace(text.find("10.0.0.1:5432"), 13, "'${POD_IP:-10.0.0.1}:5432'");
  CHECK(told(text) ==
        "p.yml:2:7: name: ${HOSTNAME} is not expanded: nothing replaces variables in this file; write the "
        "value "
        "itself, or set the setting's PATRONI_ variable\n"
        "p.yml:9:20: postgresql.connect_address: ${POD_IP:-10.0.0.1} is not expanded: nothing replaces "
        "variables in "
        "this file; write the value itself, or set the setting's PATRONI_ variable\n"
        "p.yml:14:32: postgresql.parameters.shared_buffers: ${BUFFERS:-1GB} is not expanded: nothing "
        "replaces variables "
        "in this file; write the value itself, or set the setting's PATRONI_ variable\n"
        "p.yml:15:14: tags.zone: ${ZONE} is not expanded: nothing replaces variables in this file; write the "
        "value "
        "itself, or set the setting's PATRONI_ variable");
}

TEST_CASE("a variable within a command is the shell's", "[found_files]") {
  CHECK(told(a_file("",
                    "  parameters: {archive_command: 'cp %p ${ARCHIVE}/%f'}\n"
                    "  callbacks: {on_start: 'sh -c \"echo ${HOME}\"'}\n"
                    "  create_replica_methods: [mine]\n"
                    "  mine: {command: 'sh -c \"restore ${HOME}\"'}\n")) == "ok");
}

TEST_CASE("tags with booleans as text are told, and keep what they are", "[found_files]") {
  const std::string text = a_file("tags:\n  nofailover: \"true\"\n  noloadbalance: 'false'\n");
  CHECK(told(text) ==
        "warning: p.yml:15:15: tags.nofailover: \"true\" in quotes is text, and every text that is not empty "
        "counts as "
        "true; write true or false without quotes\n"
        "warning: p.yml:16:18: tags.noloadbalance: \"false\" in quotes is text, and every text that is not "
        "empty counts "
        "as true; write true or false without quotes");
  const AgentConfig c = loaded(text);
  CHECK(c.tags.nofailover());
  CHECK(c.tags.noloadbalance());
  CHECK(c.tags.shown().dump() == R"({"nofailover":"true","noloadbalance":"false"})");
}

TEST_CASE("a priority as text is a number", "[found_files]") {
  const AgentConfig c = loaded(a_file("tags: {failover_priority: \"1\", sync_priority: '0'}\n"));
  CHECK(c.tags.failover_priority() == 1);
  CHECK(c.tags.nosync());
  CHECK(c.tags.shown().dump() == R"({"failover_priority":"1","sync_priority":"0"})");
}

TEST_CASE("switches of settings as text are taken as they are meant", "[found_files]") {
  CHECK(loaded(a_file("", "  use_unix_socket: \"true\"\n")).postgres.shared.use_unix_socket);
  CHECK_FALSE(loaded(a_file("", "  use_unix_socket: \"false\"\n")).postgres.shared.use_unix_socket);
  CHECK(told(a_file("", "  use_unix_socket: \"false\"\n")) ==
        "warning: p.yml:14:20: postgresql.use_unix_socket: \"false\" in quotes is text, which Patroni takes "
        "for true; "
        "taken as false, write it without quotes");
}

TEST_CASE("tags that are probably misspelt are told with the name that was meant", "[found_files]") {
  CHECK(told(a_file("tags:\n  noloadbalancer: true\n  nosql: true\n  datacenter: a\n")) ==
        "warning: p.yml:15:19: tags.noloadbalancer: a tag of your own, without any effect here (did you mean "
        "\"noloadbalance\"?)\n"
        "warning: p.yml:16:10: tags.nosql: a tag of your own, without any effect here (did you mean "
        "\"nosync\"?)");
}

TEST_CASE("broken indentation below restapi is told at its line", "[found_files]") {
  const std::string all = told(
      "scope: demo\n"
      "name: node1\n"
      "restapi:\n"
      "listen: 0.0.0.0:8008\n"
      "connect_address: 10.0.0.1:8008\n");
  INFO(all);
  CHECK(contains(all, "p.yml:4:1: unknown setting \"listen\" (it belongs under \"restapi\")"));
  CHECK(contains(all, "p.yml:5:1: unknown setting \"connect_address\" (it belongs under \"restapi\")"));
  CHECK(contains(all, "p.yml:3:1: restapi.listen: is missing"));
  const std::string deeper = told("restapi:\n  listen: 0.0.0.0:8008\n    connect_address: 10.0.0.1:8008\n");
  INFO(deeper);
  CHECK(contains(deeper, "p.yml:3:20"));
}

TEST_CASE("YAML 1.1 booleans are what they are for Patroni", "[found_files]") {
  const std::string text = a_file(
      "watchdog:\n"
      "  mode: off\n"
      "bootstrap:\n"
      "  dcs:\n"
      "    postgresql:\n"
      "      parameters:\n"
      "        track_commit_timestamp: off\n"
      "        hot_standby: on\n"
      "        wal_log_hints: \"on\"\n");
  CHECK(told(text) == "ok");
  const AgentConfig c = loaded(text);
  CHECK(c.watchdog.mode == WatchdogConfig::Mode::off);
  CHECK(
      c.bootstrap.dcs.dump() ==
      R"({"postgresql":{"parameters":{"track_commit_timestamp":false,"hot_standby":true,"wal_log_hints":"on"}}})");
}

TEST_CASE("a port as text, octal modes and dates are taken", "[found_files]") {
  const AgentConfig c =
      loaded(a_file("log: {mode: 0644}\ntags: {since: 2024-01-31, version: 010, ratio: 1:30}\n",
                    "  parameters: {port2: \"5433\", log_file_mode: 0640, log_file_mode2: '0640'}\n"));
  CHECK(c.log.mode == 0644u);
  CHECK(c.tags.all().dump() == R"({"since":"2024-01-31","version":8,"ratio":90})");
  CHECK(c.postgres.parameters.dump() == R"({"port2":"5433","log_file_mode":416,"log_file_mode2":"0640"})");
  std::string text = a_file();
  text.replace(text.find("etcd3: {hosts: 'e1:2379,e2:2379'}"), 33, "etcd3: {host: e, port: \"2380\"}");
  CHECK(loaded(text).etcd.endpoints == std::vector<std::string>{"http://e:2380"});
}

TEST_CASE("times below the floor are raised with a warning", "[found_files]") {
  CHECK(told(a_file("bootstrap:\n  dcs: {ttl: 10, loop_wait: 2, retry_timeout: 3}\n")) ==
        "warning: p.yml:15:14: bootstrap.dcs.ttl: 10 s is too low; taken as 20 s");
}

TEST_CASE("synchronous_mode_strict without synchronous_mode is told", "[found_files]") {
  CHECK(told(a_file("bootstrap:\n  dcs: {synchronous_mode_strict: true}\n")) ==
        "warning: p.yml:15:34: bootstrap.dcs.synchronous_mode_strict: has no effect without "
        "synchronous_mode: on");
}

TEST_CASE("two addresses in listen have one port", "[found_files]") {
  std::string text = a_file();
  text.replace(text.find("0.0.0.0:5432"), 12, "127.0.0.1,10.0.0.1:5433");
  const AgentConfig c = loaded(text);
  CHECK(c.postgres.listen_addresses == "127.0.0.1,10.0.0.1");
  CHECK(c.postgres.port == 5433);
}

TEST_CASE("parameters that are not a node's own, and ones with a dot, are taken or told", "[found_files]") {
  const std::string text = a_file("",
                                  "  use_unix_socket: true\n"
                                  "  custom_conf: /etc/postgresql/custom.conf\n"
                                  "  parameters:\n"
                                  "    wal_keep_segments: 8\n"
                                  "    include_if_exists: /etc/more.conf\n"
                                  "    listen_addresses: '*'\n"
                                  "    port: 5433\n"
                                  "    pg_stat_statements.max: 10000\n"
                                  "    auto_explain.log_min_duration: 10s\n");
  CHECK(told(text) ==
        "warning: p.yml:17:24: postgresql.parameters.wal_keep_segments: has no effect in the node's own "
        "file, since all "
        "nodes share it; it belongs under postgresql.parameters of the shared configuration (patronictl "
        "edit-config)\n"
        "warning: p.yml:19:23: postgresql.parameters.listen_addresses: has no effect: it follows from "
        "postgresql.listen "
        "and scope\n"
        "warning: p.yml:20:11: postgresql.parameters.port: has no effect: it follows from postgresql.listen "
        "and scope");
  const AgentConfig c = loaded(text);
  CHECK(c.postgres.parameters.at("pg_stat_statements.max") == 10000);
  CHECK(c.postgres.shared.custom_conf == "/etc/postgresql/custom.conf");
}

TEST_CASE("pgBackRest's methods, callbacks and options in both forms are taken", "[found_files]") {
  const std::string text = a_file("",
                                  "  parameters:\n"
                                  "    archive_mode: on\n"
                                  "    archive_command: pgbackrest --stanza=main archive-push \"%p\"\n"
                                  "  recovery_conf:\n"
                                  "    restore_command: 'pgbackrest --stanza=main archive-get %f \"%p\"'\n"
                                  "  create_replica_methods:\n"
                                  "    - pgbackrest\n"
                                  "    - basebackup\n"
                                  "  pgbackrest:\n"
                                  "    command: '/usr/bin/pgbackrest --stanza=main --delta restore'\n"
                                  "    keep_data: true\n"
                                  "    no_params: true\n"
                                  "  callbacks:\n"
                                  "    on_start: /usr/local/bin/cb\n"
                                  "    on_stop: /usr/local/bin/cb\n"
                                  "    on_restart: /usr/local/bin/cb\n"
                                  "    on_reload: /usr/local/bin/cb\n"
                                  "    on_role_change: /usr/local/bin/cb\n"
                                  "  basebackup:\n"
                                  "    - verbose\n"
                                  "    - max-rate: '100M'\n"
                                  "    - waldir: \"/wal\"\n");
  CHECK(told(text) == "ok");
  const SharedPostgres shared = loaded(text).postgres.shared;
  CHECK(shared.basebackup ==
        std::vector<ProgramOption>{{"verbose", std::nullopt}, {"max-rate", "100M"}, {"waldir", "/wal"}});
  CHECK(loaded(text).postgres.parameters.at("archive_command") ==
        "pgbackrest --stanza=main archive-push \"%p\"");
  CHECK(loaded(a_file("", "  basebackup: {max-rate: 100M, checkpoint: fast}\n")).postgres.shared.basebackup ==
        std::vector<ProgramOption>{{"max-rate", "100M"}, {"checkpoint", "fast"}});
}

TEST_CASE("bootstrap.users is told to be gone", "[found_files]") {
  CHECK(told(a_file("bootstrap:\n  users:\n    admin: {password: hidden, options: [createrole]}\n")) ==
        "warning: p.yml:15:3: bootstrap.users: was taken out of Patroni 4.0, and no user is made of it; make "
        "users with "
        "a script under bootstrap.post_bootstrap");
}

TEST_CASE("a # within a line begins a comment only behind a space", "[found_files]") {
  std::string text = a_file();
  text.replace(text.find("secret-1"), 8, "se#cret");
  CHECK(loaded(text).postgres.superuser.password == "se#cret");
  CHECK(loaded(a_file("namespace: /db # where the keys are\n")).key_prefix == "/db");
  CHECK(told(a_file("names # comment: x\n")) != "ok");
}

TEST_CASE("anchors, aliases and merge keys are followed", "[found_files]") {
  const AgentConfig c = loaded(a_file("",
                                      "  use_pg_rewind: &yes true\n"
                                      "  use_unix_socket: *yes\n"
                                      "  parameters_primary: &p {work_mem: 1MB, ssl: on}\n"
                                      "  parameters_replica:\n"
                                      "    <<: *p\n"
                                      "    work_mem: 2MB\n"));
  CHECK(c.postgres.shared.use_unix_socket);
  CHECK(c.postgres.shared.parameters_of_role.at("replica").at("work_mem") == "2MB");
  CHECK(c.postgres.shared.parameters_of_role.at("replica").at("ssl") == true);
}

TEST_CASE("Windows line ends and a byte-order mark do not matter", "[found_files]") {
  std::string text = "\xef\xbb\xbf";
  for (const char c : a_file("tags: {zone: a}\n", "  parameters: {work_mem: 8MB}\n")) {
    if (c == '\n') text += '\r';
    text += c;
  }
  CHECK(told(text) == "ok");
  const AgentConfig c = loaded(text);
  CHECK(c.scope == "demo");
  CHECK(c.postgres.replication.password == "secret-2");
  CHECK(c.tags.all().dump() == R"({"zone":"a"})");
}

TEST_CASE("the log may go into a folder", "[found_files]") {
  CHECK(loaded(a_file("log: {dir: /var/log/patroni, level: WARN}\n")).log.dir == "/var/log/patroni");
  CHECK(loaded(a_file("log: {level: WARN}\n")).log.level == "WARNING");
}
