// All keys of a cluster, watched in real etcd servers.
#include "agent/cluster/key_watcher.h"

#include <stdlib.h>

#include "tests/loop/agent/cluster/cluster_fixture.h"

using namespace tamada;
using namespace tamada::agent;
using etcd::EtcdProcess;
using etcd::FakeMember;

namespace {

struct KeyLog final : KeyWatcherCallbacks {
  void on_keys(const patroni::ClusterKeys& keys) override { all.push_back(keys); }
  void on_heard(TimePoint when) override {
    CHECK(when >= heard);
    CHECK(when <= loop::boot_now());
    heard = when;
    ++times_heard;
  }
  void on_silence(const std::optional<TimePoint>& since, const Error& why) override {
    silences.push_back(why.message);
    silent_since = since;
  }
  std::vector<patroni::ClusterKeys> all;
  TimePoint heard{};
  int times_heard = 0;
  std::vector<std::string> silences;
  std::optional<TimePoint> silent_since;
};

struct Watching : ClusterFixture {
  [[nodiscard]] static KeyWatcher::Options quick() { return {prefix, 100ms, 700ms}; }
  // What is there, read anew.
  patroni::ClusterKeys range_now(etcd::Client& client) {
    const auto reply = range(client, prefix, etcd::Scope::prefix).value();
    std::vector<patroni::StoredKey> keys;
    for (const auto& kv : reply.kvs) keys.push_back(stored_key(kv));
    return patroni::ClusterKeys::from_range(prefix, keys, reply.header.revision);
  }
  KeyLog log;
};

}  // namespace

TEST_CASE_METHOD(Watching, "the keys are told as they are, then whole transactions", "[etcd][watcher]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, options);
  KeyWatcher watcher(*client, quick(), log);
  REQUIRE(run_until([&] { return log.times_heard > 0; }));
  REQUIRE(log.all.size() == 1);
  CHECK_FALSE(log.all[0].is_locked());
  CHECK(log.all[0].members().empty());

  const auto lease = run<etcd::LeaseReply>([&](auto done) { return client->lease_grant(60, done); }).value();
  using Kind = etcd::Operation::Kind;
  const auto both = txn(*client, {{},
                                  {{Kind::put, leader_key, "pg1", lease.id},
                                   {Kind::put, prefix + "sync", R"({"leader":"pg1"})", 0},
                                   {Kind::put, "/service/patroni2/leader", "x", 0}},
                                  {}})
                        .value();
  REQUIRE(run_until([&] { return log.all.size() == 2; }));
  REQUIRE(log.all[1].leader());
  CHECK(log.all[1].leader()->value == "pg1");
  CHECK(log.all[1].leader()->lease == lease.id);
  CHECK(log.all[1].leader()->create_revision == both.header.revision);
  REQUIRE(log.all[1].sync());
  CHECK(log.all[1].sync()->mod_revision == both.header.revision);

  // The lease ends: its keys go, and only them.
  REQUIRE(run<etcd::RevokeReply>([&](auto done) { return client->lease_revoke(lease.id, done); }));
  REQUIRE(run_until([&] { return log.all.size() == 3; }));
  CHECK_FALSE(log.all[2].is_locked());
  CHECK(log.all[2].sync());

  for (int i = 0; i < 20; ++i) REQUIRE(put(*client, prefix + "members/n" + std::to_string(i % 5), "{}"));
  remove(*client, prefix + "members/n3");
  REQUIRE(run_until([&] { return watcher.keys() == range_now(*client); }));
  CHECK(watcher.keys().members().size() == 4);
  const int before = log.times_heard;
  const auto told = log.all.size();
  REQUIRE(run_until([&] { return log.times_heard > before + 3; }));
  CHECK(log.all.size() == told);  // what does not change is not told
}

TEST_CASE_METHOD(Watching, "a frozen etcd is told with the time since which nothing is known",
                 "[etcd][watcher]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, options);
  REQUIRE(put(*client, leader_key, "pg1"));
  KeyWatcher watcher(*client, quick(), log);
  REQUIRE(run_until([&] { return log.times_heard > 2; }));
  etcd.kill(SIGSTOP);
  REQUIRE(run_until([&] { return !log.silences.empty(); }));
  CHECK(watcher.is_silent());
  CHECK(log.silent_since == log.heard);
  CHECK(watcher.heard() == log.heard);
  CHECK(watcher.keys().is_locked());
  run_for(300ms);
  CHECK(log.silences.size() == 1);
  etcd.kill(SIGCONT);
  const int before = log.times_heard;
  REQUIRE(run_until([&] { return log.times_heard > before; }));
  CHECK_FALSE(watcher.is_silent());
}

TEST_CASE_METHOD(Watching, "what changed while etcd was away is told after it, compacted or not",
                 "[etcd][watcher]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, options);
  REQUIRE(put(*client, leader_key, "pg1"));
  REQUIRE(put(*client, prefix + "failover", "{}"));
  KeyWatcher watcher(*client, quick(), log);
  REQUIRE(run_until([&] { return log.times_heard > 0; }));
  etcd.kill(SIGKILL);
  REQUIRE(run_until([&] { return !log.silences.empty(); }));
  etcd.start();
  const auto beside = client_of({etcd.url()}, options);
  for (int i = 0; i < 10; ++i) REQUIRE(put(*beside, leader_key, "pg" + std::to_string(i)));
  remove(*beside, prefix + "failover");
  const std::string compaction = "ETCDCTL_API=3 etcdctl --endpoints=" + etcd.url().to_string() +
                                 " compact $(ETCDCTL_API=3 etcdctl --endpoints=" + etcd.url().to_string() +
                                 " get x -w fields | sed -n 's/\"Revision\" : //p') >/dev/null";
  REQUIRE(system(compaction.c_str()) == 0);
  REQUIRE(run_until([&] { return watcher.keys() == range_now(*beside); }));
  CHECK(log.all.back().leader()->value == "pg9");
  CHECK_FALSE(log.all.back().failover());
}

TEST_CASE_METHOD(Watching, "a store that was built anew is taken as it is", "[etcd][watcher]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, options);
  for (int i = 0; i < 5; ++i) REQUIRE(put(*client, leader_key, "pg1"));
  REQUIRE(put(*client, prefix + "config", "{}"));
  KeyWatcher watcher(*client, quick(), log);
  REQUIRE(run_until([&] { return log.times_heard > 0; }));
  const auto revision = watcher.keys().revision();
  etcd.kill(SIGKILL);
  etcd.wipe();
  etcd.start();
  const auto beside = client_of({etcd.url()}, options);
  REQUIRE(put(*beside, leader_key, "pg2"));
  REQUIRE(run_until([&] { return watcher.keys() == range_now(*beside); }, 60s));
  CHECK(watcher.keys().revision() < revision);
  CHECK_FALSE(watcher.keys().config());
  CHECK(watcher.keys().leader()->value == "pg2");
}

TEST_CASE_METHOD(Watching, "tokens that run out, and an authentication that is switched on, change nothing",
                 "[etcd][watcher]") {
  EtcdProcess etcd(EtcdProcess::Tls{}, {"--auth-token-ttl", "1", "--bcrypt-cost", "4"});
  options.credentials = {.user = "root", .password = "secret"};
  const auto client = client_of({etcd.url()}, options);
  const auto keeper = keeper_of(*client);
  // Etcd forgets a token that was not used for its time to live: nothing may be asked more often than that.
  KeyWatcher watcher(*client, {prefix, 2500ms, 5s}, log);
  REQUIRE(acquire(*keeper).result == AcquireResult::acquired);
  REQUIRE(run_until([&] { return watcher.keys().is_locked(); }));
  for (const char* step : {"user add root:secret", "user grant-role root root", "auth enable"}) {
    const std::string line =
        "ETCDCTL_API=3 etcdctl --endpoints=" + etcd.url().to_string() + " " + step + " >/dev/null 2>&1";
    REQUIRE(system(line.c_str()) == 0);
  }
  for (int i = 0; i < 3; ++i) {
    const TimePoint asked = loop::boot_now();
    CHECK(renew(*keeper).result == RenewResult::counted);
    REQUIRE(run_until([&] { return log.heard > asked; }));
  }
  CHECK(keeper->state().is_held(loop::boot_now()));
  KeyWriter writer(*client);
  CHECK(write(writer, KeyWrites(prefix).status("{}", keeper->guard())).result == WriteResult::done);
  REQUIRE(run_until([&] { return watcher.keys().status() != nullptr; }));
}

TEST_CASE_METHOD(Watching,
                 "a watch that is cancelled without being closed, or shows an old term, is begun anew",
                 "[watcher]") {
  FakeMember member(loop);
  member.key = leader_key;
  member.value = "pg1";
  const auto client = client_of({member.url()}, options);
  KeyWatcher watcher(*client, {prefix, 60s, 20s}, log);
  REQUIRE(run_until([&] { return log.times_heard > 0; }));
  CHECK(watcher.keys().leader()->value == "pg1");
  member.set("pg2");  // which the watch will never tell
  member.say("{\"result\":{" + member.header() + ",\"canceled\":true}}\n");
  REQUIRE(run_until([&] { return watcher.keys().leader()->value == "pg2"; }));
  CHECK(log.silences.size() == 1);
  member.set("pg3");
  member.term = 4;
  member.say(member.event());
  REQUIRE(run_until([&] { return log.silences.size() == 2; }));
  CHECK(watcher.keys().leader()->value == "pg2");
  member.term = 5;
  REQUIRE(run_until([&] { return watcher.keys().leader()->value == "pg3"; }));
}
