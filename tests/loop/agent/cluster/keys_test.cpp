// Writing the cluster's keys, against a real etcd.
#include <sys/stat.h>

#include <fstream>

#include "agent/cluster/bootstrap_lock.h"
#include "agent/cluster/etcd_endpoints.h"
#include "agent/cluster/key_watcher.h"
#include "agent/cluster/lock_file.h"
#include "agent/cluster/member_keeper.h"
#include "common/loop/side_thread.h"
#include "tests/loop/agent/cluster/cluster_fixture.h"
#include "tests/support/temporary_folder.h"

using namespace tamada;
using namespace tamada::agent;
using etcd::EtcdProcess;
using etcd::FakeMember;

namespace {

const KeyWrites writes(prefix);

struct Writing : ClusterFixture {
  MemberKeeper::Outcome publish(MemberKeeper& keeper, const std::string& text, Duration time = 20s) {
    return ask<MemberKeeper::Outcome>([&](auto done) { keeper.publish(text, time, done); });
  }
};

}  // namespace

TEST_CASE_METHOD(Writing, "a key is written where it is as it was known", "[etcd][writer]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, options);
  KeyWriter writer(*client);
  const auto made = write(writer, writes.config("{}", 0));
  REQUIRE(made.result == WriteResult::done);
  CHECK(made.revision == key(*client, prefix + "config")->mod_revision);
  const auto again = write(writer, writes.config("{}", 0));
  CHECK(again.result == WriteResult::compare_lost);
  REQUIRE(again.found);
  CHECK(again.found->mod_revision == made.revision);
  CHECK(write(writer, writes.config(R"({"ttl":30})", made.revision)).result == WriteResult::done);
  CHECK(write(writer, writes.config("{}", made.revision)).result == WriteResult::compare_lost);
  CHECK(key(*client, prefix + "config")->value == R"({"ttl":30})");
  const auto no_lease = write(writer, writes.member("pg1", "{}", 4711, 0));
  CHECK(no_lease.result == WriteResult::not_done);
  CHECK(no_lease.lease_is_gone);
}

TEST_CASE_METHOD(Writing, "who does not hold the lock writes nothing of a leader's", "[etcd][writer]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, options);
  KeyWriter writer(*client);
  const auto keeper = keeper_of(*client);
  REQUIRE(acquire(*keeper).result == AcquireResult::acquired);
  const LockGuard lock = keeper->guard();
  const auto made = write(writer, writes.sync(R"({"leader":"pg1"})", 0, lock));
  REQUIRE(made.result == WriteResult::done);
  CHECK(write(writer, writes.status("1", lock)).result == WriteResult::done);
  CHECK(write(writer, writes.no_sync(made.revision, lock)).result == WriteResult::done);
  CHECK_FALSE(key(*client, prefix + "sync"));
  // Somebody of the same name has the lock now.
  remove(*client, leader_key);
  REQUIRE(put(*client, leader_key, "pg1"));
  CHECK(write(writer, writes.sync(R"({"leader":"pg1"})", 0, lock)).result == WriteResult::compare_lost);
  CHECK(write(writer, writes.status("2", lock)).result == WriteResult::compare_lost);
  CHECK(key(*client, prefix + "status")->value == "1");
}

TEST_CASE_METHOD(Writing, "writes of one key are carried out one after the other", "[etcd][writer]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, options);
  KeyWriter writer(*client);
  std::vector<int> order;
  for (int i = 0; i < 10; ++i) {
    KeyWrite one{prefix + "status", std::nullopt, std::to_string(i), 0, false, {}};
    REQUIRE(writer.write(one, 20s, [&order, i](const WriteOutcome& outcome) {
      CHECK(outcome.result == WriteResult::done);
      order.push_back(i);
    }));
  }
  CHECK(writer.is_busy(prefix + "status"));
  REQUIRE(run_until([&] { return order.size() == 10; }));
  CHECK(order == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK_FALSE(writer.is_busy(prefix + "status"));
  CHECK(key(*client, prefix + "status")->value == "9");
  CHECK(key(*client, prefix + "status")->version == 10);
  std::size_t taken = 0;
  while (taken < 100 &&
         writer.write({prefix + "status", {}, "x", 0, false, {}}, 20s, [](const WriteOutcome&) {}))
    ++taken;
  CHECK(taken == KeyWriter::waiting_max + 1);
}

TEST_CASE_METHOD(Writing, "a write without an answer is looked after", "[writer]") {
  FakeMember member(loop);
  member.key = prefix + "config";
  const auto client = client_of({member.url()}, options);
  KeyWriter writer(*client);
  member.answers["/kv/txn"] = {{200, ""}};
  member.set("new");
  const auto done = write(writer, writes.config("new", 3), 1s);
  CHECK(done.result == WriteResult::done);
  CHECK(done.revision == member.mod_revision);
  CHECK(write(writer, writes.config("other", 3), 1s).result == WriteResult::compare_lost);
  const auto perhaps = write(writer, writes.config("other", member.mod_revision), 1s);
  CHECK(perhaps.result == WriteResult::unknown);
  CHECK(perhaps.was_looked_at);
  CHECK(perhaps.error);
  member.mute_ranges = true;
  const auto unseen = write(writer, writes.config("other", 3), 1s);
  CHECK(unseen.result == WriteResult::unknown);
  CHECK_FALSE(unseen.was_looked_at);
  member.answers["/kv/txn"] = {{400, R"({"error":"etcdserver: permission denied","code":7})"}};
  CHECK(write(writer, writes.config("other", 3), 1s).result == WriteResult::not_done);
}

TEST_CASE_METHOD(Writing, "the member's key is written when it changes, and when it is gone",
                 "[etcd][member]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, options);
  KeyWriter writer(*client);
  MemberKeeper keeper(loop, *client, writer, {prefix, "pg1", 60s, 10s});
  const auto first = publish(keeper, "a");
  CHECK(first.is_there);
  CHECK(first.wrote);
  const std::string place = prefix + "members/pg1";
  CHECK(key(*client, place)->lease == keeper.lease());
  CHECK_FALSE(publish(keeper, "a").wrote);
  CHECK(key(*client, place)->version == 1);
  CHECK(publish(keeper, "b").wrote);
  CHECK(key(*client, place)->value == "b");

  const auto told = [&] {
    const auto reply = range(*client, prefix, etcd::Scope::prefix).value();
    std::vector<patroni::StoredKey> keys;
    for (const auto& kv : reply.kvs) keys.push_back(stored_key(kv));
    keeper.on_keys(patroni::ClusterKeys::from_range(prefix, keys, reply.header.revision));
  };
  told();
  CHECK_FALSE(publish(keeper, "b").wrote);
  remove(*client, place);
  CHECK_FALSE(publish(keeper, "b").wrote);  // nobody has told yet
  told();
  CHECK(publish(keeper, "b").wrote);
  CHECK(key(*client, place));

  // The lease is gone: another one is granted, by a write that found that out and by a keep-alive.
  const std::int64_t lease = keeper.lease();
  REQUIRE(run<etcd::RevokeReply>([&](auto done) { return client->lease_revoke(lease, done); }));
  CHECK(publish(keeper, "c").is_there);
  CHECK(keeper.lease() != lease);
  keeper.set_times(60s, 0s);
  const std::int64_t second = keeper.lease();
  REQUIRE(run<etcd::RevokeReply>([&](auto done) { return client->lease_revoke(second, done); }));
  CHECK(publish(keeper, "c").wrote);
  CHECK(key(*client, place)->lease == keeper.lease());
  // Another length, another lease.
  const std::int64_t third = keeper.lease();
  keeper.set_times(30s, 10s);
  CHECK(publish(keeper, "c").wrote);
  CHECK(keeper.lease() != third);
  CHECK(keeper.foreign_changes() == 0);
}

TEST_CASE_METHOD(Writing, "a store that was wiped is believed soon, and the member's key is put there anew",
                 "[etcd][member]") {
  EtcdProcess etcd;
  for (int start = 0; start < 3; ++start) {  // each counts the raft term on
    etcd.kill(SIGKILL);
    etcd.start();
  }
  const auto client = client_of({etcd.url()}, options);
  KeyWriter writer(*client);
  MemberKeeper keeper(loop, *client, writer, {prefix, "pg1", 60s, 10s});
  const auto told = [&](const etcd::RangeReply& reply) {
    std::vector<patroni::StoredKey> keys;
    for (const auto& kv : reply.kvs) keys.push_back(stored_key(kv));
    keeper.on_keys(patroni::ClusterKeys::from_range(prefix, keys, reply.header.revision));
  };
  REQUIRE(put(*client, prefix + "config", "{}"));
  CHECK(publish(keeper, "a").wrote);
  told(range(*client, prefix, etcd::Scope::prefix).value());

  etcd.kill(SIGKILL);
  etcd.wipe();
  etcd.start();
  const TimePoint wiped = loop::boot_now();
  auto seen = range(*client, prefix, etcd::Scope::prefix);
  while (!seen && loop::boot_now() < wiped + 50s) seen = range(*client, prefix, etcd::Scope::prefix);
  REQUIRE(seen);
  CHECK(seen->kvs.empty());
  told(*seen);
  // Its lease is gone as well, and no keep-alive has told that yet.
  CHECK(publish(keeper, "a").wrote);
  CHECK(key(*client, prefix + "members/pg1")->lease == keeper.lease());
  CHECK(keeper.foreign_changes() == 0);
}

TEST_CASE_METHOD(Writing, "a member's key that somebody else writes is written again, and counted",
                 "[etcd][member]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, options);
  KeyWriter writer(*client);
  MemberKeeper keeper(loop, *client, writer, {prefix, "pg1", 60s, 10s});
  // Its own one of an earlier run, or a namesake's.
  REQUIRE(put(*client, prefix + "members/pg1", "old"));
  CHECK(publish(keeper, "a").is_there);
  CHECK(keeper.foreign_changes() == 1);
  REQUIRE(put(*client, prefix + "members/pg1", "theirs"));
  CHECK(publish(keeper, "b").is_there);
  CHECK(keeper.foreign_changes() == 2);
  CHECK(key(*client, prefix + "members/pg1")->value == "b");
  etcd.kill(SIGSTOP);
  const auto silent = publish(keeper, "c", 600ms);
  CHECK_FALSE(silent.is_there);
  CHECK(silent.error);
  etcd.kill(SIGCONT);
  CHECK(publish(keeper, "d").is_there);
  CHECK(key(*client, prefix + "members/pg1")->value == "d");
}

TEST_CASE_METHOD(Writing, "a bootstrap holds the cluster while it lives, and no longer",
                 "[etcd][bootstrap]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, options);
  KeyWriter writer(*client);
  KeyWriter other_writer(*client);
  const std::string place = prefix + "initialize";
  {
    BootstrapLock dead(*client, writer, prefix, 1s);
    CHECK(ask<WriteOutcome>([&](auto done) { dead.take(20s, done); }).result == WriteResult::done);
    CHECK(dead.is_taken());
    CHECK(key(*client, place)->value.empty());
    CHECK(key(*client, place)->lease != 0);
    BootstrapLock late(*client, other_writer, prefix, 60s);
    const auto lost = ask<WriteOutcome>([&](auto done) { late.take(20s, done); });
    CHECK(lost.result == WriteResult::compare_lost);
    CHECK(lost.found);
    CHECK_FALSE(late.is_taken());
  }
  REQUIRE(run_until([&] { return !key(*client, place); }, 30s));

  BootstrapLock lock(*client, writer, prefix, 60s);
  REQUIRE(ask<WriteOutcome>([&](auto done) { lock.take(20s, done); }).result == WriteResult::done);
  CHECK(ask<etcd::Outcome<bool>>([&](auto done) { lock.keep(20s, done); }).value());
  // Nobody finishes it without the leader lock.
  CHECK(ask<WriteOutcome>([&](auto done) {
          lock.finish("7713000000000000001", LockGuard{1, 1}, 20s, done);
        }).result == WriteResult::compare_lost);
  const auto keeper = keeper_of(*client);
  REQUIRE(acquire(*keeper).result == AcquireResult::acquired);
  CHECK(ask<WriteOutcome>([&](auto done) {
          lock.finish("7713000000000000001", keeper->guard(), 20s, done);
        }).result == WriteResult::done);
  CHECK(key(*client, place)->value == "7713000000000000001");
  CHECK(key(*client, place)->lease == 0);
}

TEST_CASE_METHOD(Writing, "a bootstrap that was overtaken is not finished", "[etcd][bootstrap]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, options);
  KeyWriter writer(*client);
  const std::string place = prefix + "initialize";
  BootstrapLock lock(*client, writer, prefix, 60s);
  REQUIRE(ask<WriteOutcome>([&](auto done) { lock.take(20s, done); }).result == WriteResult::done);
  REQUIRE(put(*client, leader_key, "pg2"));
  CHECK(ask<WriteOutcome>([&](auto done) {
          lock.finish("7713000000000000001", LockGuard{1, 1}, 20s, done);
        }).result == WriteResult::compare_lost);
  CHECK(ask<WriteOutcome>([&](auto done) { lock.cancel(20s, done); }).result == WriteResult::done);
  CHECK_FALSE(key(*client, place));
  remove(*client, leader_key);

  // Its lease ended, and another node makes a cluster.
  REQUIRE(ask<WriteOutcome>([&](auto done) { lock.take(20s, done); }).result == WriteResult::done);
  REQUIRE(run<etcd::RevokeReply>(
      [&](auto done) { return client->lease_revoke(key(*client, place)->lease, done); }));
  CHECK_FALSE(ask<etcd::Outcome<bool>>([&](auto done) { lock.keep(20s, done); }).value());
  REQUIRE(put(*client, place, ""));
  const auto keeper = keeper_of(*client);
  REQUIRE(acquire(*keeper).result == AcquireResult::acquired);
  CHECK(ask<WriteOutcome>([&](auto done) {
          lock.finish("7713000000000000001", keeper->guard(), 20s, done);
        }).result == WriteResult::compare_lost);
  CHECK(ask<WriteOutcome>([&](auto done) { lock.cancel(20s, done); }).result == WriteResult::compare_lost);
  CHECK(key(*client, place));
}

TEST_CASE_METHOD(Writing, "the lock's record is on the disk before that is said", "[lock_file]") {
  TemporaryFolder folder;
  loop::SideThread side(loop);
  LockFile file(side, folder / "lock.json");
  CHECK(file.read().value().is_empty());
  int written = 0;
  for (int i = 1; i <= 5; ++i) {
    file.write({leader_key, i, 0, 7, 30}, [&](const Result<void>& result) {
      CHECK(result);
      ++written;
    });
  }
  CHECK(written == 0);
  REQUIRE(run_until([&] { return written == 5; }));
  CHECK(file.read().value() == LockRecord{leader_key, 5, 0, 7, 30});

  std::ofstream(file.path()) << "{";
  CHECK_FALSE(file.read());
  LockFile nowhere(side, folder / "no/such/folder");
  std::optional<Result<void>> result;
  nowhere.write({}, [&](const Result<void>& what) { result = what; });
  REQUIRE(run_until([&] { return result.has_value(); }));
  CHECK_FALSE(*result);
}

TEST_CASE_METHOD(Writing, "one configured member is enough to find the others", "[etcd][endpoints]") {
  const std::vector<EtcdProcess::Peer> peers{
      {"n0", etcd::free_port()}, {"n1", etcd::free_port()}, {"n2", etcd::free_port()}};
  EtcdProcess one(peers, 0);
  EtcdProcess two(peers, 1);
  EtcdProcess three(peers, 2);
  options.deadline = 10s;
  const auto client = client_of({one.url()}, options);
  EtcdEndpoints endpoints(loop, *client, {one.url()}, 60s, 100ms);
  CHECK(endpoints.used().size() == 1);
  REQUIRE(run_until([&] { return endpoints.used().size() == 3; }, 40s));
  one.kill(SIGSTOP);
  CHECK(put(*client, prefix + "config", "{}"));
  // What was learned is not forgotten when nobody answers.
  two.kill(SIGSTOP);
  three.kill(SIGSTOP);
  endpoints.refresh();
  run_for(200ms);
  CHECK(endpoints.used().size() == 3);
  for (EtcdProcess* member : {&one, &two, &three}) member->kill(SIGCONT);
}
