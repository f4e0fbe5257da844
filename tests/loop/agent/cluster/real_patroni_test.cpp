// The installed Patroni reads what is written here, and the other way about.
#include <nlohmann/json.hpp>
#include <stdio.h>
#include <stdlib.h>

#include "agent/cluster/key_watcher.h"
#include "tests/loop/agent/cluster/cluster_fixture.h"

using namespace tamada;
using namespace tamada::agent;
using namespace tamada::patroni;
using etcd::EtcdProcess;
using Json = nlohmann::json;

namespace {

// The command's output.
std::string output_of(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string text;
  char buffer[4096];
  std::size_t count = 0;
  while ((count = fread(buffer, 1, sizeof buffer, pipe)) > 0) text.append(buffer, count);
  INFO("wants the package patroni: make deps; " << command);
  REQUIRE(pclose(pipe) == 0);
  return text;
}

std::string patroni_command(const std::string& what, const EtcdProcess& etcd) {
  return "/usr/bin/python3 -B tests/loop/agent/cluster/real_patroni.py " + what + " " +
         etcd.url().authority();
}

MemberValue member(const std::string& name, const std::string& role) {
  MemberValue value;
  value.conn_url = "postgres://" + name + ":5433/postgres";
  value.api_url = "http://" + name + ":8008/patroni";
  value.state = "running";
  value.role = role;
  value.version = "4.1.4";
  value.xlog_location = 67108864;
  value.timeline = 7;
  value.agent = "tamada-agent 0.1";
  return value;
}

}  // namespace

TEST_CASE_METHOD(ClusterFixture, "a real Patroni reads the keys that are written here", "[etcd][patroni]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, options);
  const auto keeper = keeper_of(*client);
  REQUIRE(acquire(*keeper).result == AcquireResult::acquired);
  const LockGuard lock = keeper->guard();
  const KeyWrites writes(prefix);
  KeyWriter writer(*client);
  const auto done = [&](const KeyWrite& one) {
    INFO(one.key);
    CHECK(write(writer, one).result == WriteResult::done);
  };
  MemberValue leader = member("pg1", "master");
  leader.checkpoint_missing = true;
  leader.pending_restart = true;
  leader.scheduled_restart =
      ScheduledRestart{"2030-01-01T00:00:00+00:00", "2026-01-01 00:00:00.1+00", {{"role", "replica"}}};
  leader.pause = true;
  MemberValue replica = member("pg2", "replica");
  replica.tags =
      MemberTags({{"z\u00e9", "a"}, {"nofailover", true}, {"replicatefrom", "pg1"}, {"n", 1}, {"f", 1.5}});
  replica.replay_lsn = 5;
  done(writes.member("pg1", write_member_value(leader), 0, 0));
  done(writes.member("pg2", write_member_value(replica), 0, 0));
  done(writes.initialize("7713000000000000001", 0, lock));
  done(writes.config(R"({"ttl":30})", 0));
  done(writes.sync(write_sync_value({"pg1", {"pg2"}, 0}), 0, lock));
  done(writes.status(
      write_status_value({67108864, std::map<std::string, std::uint64_t, std::less<>>{{"pg2", 5}}, {}}),
      lock));
  done(writes.history(
      write_history_value({{{6, 5, "no recovery target specified", "2030-01-02T03:04:05+00:00", "pg1"}}}),
      lock));
  done(writes.failsafe(write_failsafe_value({{{"pg1", "http://pg1:8008/patroni"}}}), lock));
  done(writes.failover(write_failover_value({"pg1", "pg2", true, "2030-01-02T03:04:05+00:00"}), 0));

  const Json read = Json::parse(output_of(patroni_command("read", etcd)));
  CHECK(read["initialize"] == "7713000000000000001");
  CHECK(read["config"] == Json{{"ttl", 30}});
  CHECK(read["leader"] == "pg1");
  CHECK(read["leader_conn"] == Json{{"host", "pg1"}, {"port", 5433}, {"dbname", "postgres"}});
  CHECK(read["checkpoint_after_promote"] == false);
  CHECK(read["last_lsn"] == 67108864);
  CHECK(read["slots"] == Json{{"pg2", 5}});
  CHECK(read["failover"] == Json{"pg1", "pg2", "2030-01-02T03:04:05+00:00"});
  CHECK(read["sync"] == Json{"pg1", {"pg2"}, true});
  CHECK(read["history"] ==
        Json::parse(R"([[6,5,"no recovery target specified","2030-01-02T03:04:05+00:00","pg1"]])"));
  CHECK(read["failsafe"] == Json{{"pg1", "http://pg1:8008/patroni"}});
  REQUIRE(read["members"].size() == 2);
  const Json& second = read["members"]["pg2"];
  CHECK(second["nofailover"] == true);
  CHECK(second["replicatefrom"] == "pg1");
  CHECK(second["tags"]["z\u00e9"] == "a");
  CHECK(second["tags"]["f"] == 1.5);
  CHECK(second["data"]["replay_lsn"] == 5);
  CHECK(second["is_running"] == true);
  CHECK(read["members"]["pg1"]["data"]["scheduled_restart"]["role"] == "replica");

  // Cleared, as every Patroni clears it.
  done(writes.no_failover(key(*client, prefix + "failover")->mod_revision));
}

TEST_CASE_METHOD(ClusterFixture, "patronictl lists the cluster whose keys are written here",
                 "[etcd][patroni]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, options);
  const auto keeper = keeper_of(*client);
  REQUIRE(acquire(*keeper).result == AcquireResult::acquired);
  const KeyWrites writes(prefix);
  KeyWriter writer(*client);
  REQUIRE(write(writer, writes.member("pg1", write_member_value(member("pg1", "primary")), 0, 0)).result ==
          WriteResult::done);
  MemberValue replica = member("pg2", "replica");
  replica.xlog_location = 67108864 - 3 * 1024 * 1024;
  REQUIRE(write(writer, writes.member("pg2", write_member_value(replica), 0, 0)).result == WriteResult::done);
  REQUIRE(write(writer, writes.status(write_status_value({67108864, {}, {}}), keeper->guard())).result ==
          WriteResult::done);
  TemporaryFolder folder;
  const std::string file = folder / "patronictl.yaml";
  FILE* config = fopen(file.c_str(), "w");
  REQUIRE(config != nullptr);
  fprintf(config, "scope: patroni\netcd3: {host: '%s'}\n", etcd.url().authority().c_str());
  fclose(config);
  const Json list = Json::parse(output_of("patronictl -c " + file + " list -f json 2>/dev/null"));
  REQUIRE(list.size() == 2);
  CHECK(list[0]["Member"] == "pg1");
  CHECK(list[0]["Host"] == "pg1:5433");
  CHECK(list[0]["Role"] == "Leader");
  CHECK(list[0]["State"] == "running");
  CHECK(list[0]["TL"] == 7);
  CHECK(list[1]["Role"] == "Replica");
  CHECK(list[1]["Lag in MB"] == 3);
}

TEST_CASE_METHOD(ClusterFixture, "what a real Patroni writes is read here", "[etcd][patroni]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, options);
  (void)output_of(patroni_command("write", etcd));
  const auto reply = range(*client, prefix, etcd::Scope::prefix).value();
  std::vector<StoredKey> stored;
  for (const auto& kv : reply.kvs) stored.push_back(stored_key(kv));
  const auto keys = ClusterKeys::from_range(prefix, stored, reply.header.revision);
  CHECK(keys.problems().empty());
  REQUIRE(keys.failover());
  CHECK(keys.failover()->value == FailoverValue{"pg1", "pg2", true, "2030-01-02T03:04:05+00:00"});
  CHECK(write_failover_value(keys.failover()->value) == keys.failover()->text);
  REQUIRE(keys.sync());
  CHECK(keys.sync()->value == SyncValue{"pg1", {"pg2", "pg3"}, 0});
  REQUIRE(keys.history());
  CHECK(keys.history()->value.entries.at(0).new_leader == "pg1");
  CHECK(write_history_value(keys.history()->value) == keys.history()->text);
  REQUIRE(keys.status());
  CHECK(keys.status()->value.optime == 67108864);
  CHECK(write_status_value(keys.status()->value) == keys.status()->text);
  REQUIRE(keys.failsafe());
  CHECK(write_failsafe_value(keys.failsafe()->value) == keys.failsafe()->text);
  REQUIRE(keys.config());
  CHECK(keys.config()->value == R"({"ttl":30})");
  const auto pg9 = keys.member("pg9");
  REQUIRE(pg9);
  CHECK(pg9->lease != 0);
  CHECK(pg9->value.address() == ConnAddress{"pg9", 5432, "postgres"});
  CHECK(write_member_value(pg9->value) !=
        pg9->text);  // its order of members is of that call, not of a Patroni
  CHECK(read_member_value(write_member_value(pg9->value)).value == pg9->value);
}
