// What the tests of agent/cluster share: waiting for one operation's end, and looking at etcd from beside.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "agent/cluster/key_writer.h"
#include "agent/cluster/lock_keeper.h"
#include "tests/loop/common/etcd/etcd_fake_member.h"
#include "tests/loop/common/etcd/etcd_fixture.h"
#include "tests/loop/common/etcd/etcd_process.h"

namespace tamada::agent {

const std::string prefix = "/service/patroni/";
const std::string leader_key = prefix + "leader";

struct ClusterFixture : etcd::EtcdFixture {
  ClusterFixture() { options.deadline = 20s; }

  // Runs one operation to its end: ask<RenewOutcome>([&](auto done) { keeper.renew(5s, done); }).
  template <class Outcome, class Begin>
  Outcome ask(Begin begin) {
    std::optional<Outcome> answer;
    begin([&](const Outcome& outcome) { answer = outcome; });
    CHECK_FALSE(answer);
    REQUIRE(run_until([&] { return answer.has_value(); }, 40s));
    return *answer;
  }
  std::unique_ptr<LockKeeper> keeper_of(etcd::Client& client, std::chrono::seconds ttl = 30s,
                                        const std::string& name = "pg1") {
    return std::make_unique<LockKeeper>(loop, client, LockKeeper::Options{leader_key, name, ttl},
                                        [this](const LockRecord& record) { records.push_back(record); });
  }
  AcquireOutcome acquire(LockKeeper& keeper, std::vector<etcd::Compare> conditions = {},
                         Duration time = 20s) {
    return ask<AcquireOutcome>([&](auto done) { keeper.acquire(std::move(conditions), time, done); });
  }
  RenewOutcome renew(LockKeeper& keeper, Duration time = 20s) {
    return ask<RenewOutcome>([&](auto done) { keeper.renew(time, done); });
  }
  ReleaseOutcome release(LockKeeper& keeper, std::vector<etcd::Operation> also = {}, Duration time = 20s) {
    return ask<ReleaseOutcome>([&](auto done) { keeper.release(std::move(also), time, done); });
  }
  WriteOutcome write(KeyWriter& writer, const KeyWrite& one, Duration time = 20s) {
    return ask<WriteOutcome>([&](auto done) { REQUIRE(writer.write(one, time, done)); });
  }
  std::optional<etcd::KeyValue> key(etcd::Client& client, const std::string& name) {
    const auto reply = range(client, name).value();
    if (reply.kvs.empty()) return std::nullopt;
    return reply.kvs.front();
  }
  bool has_lease(etcd::Client& client, std::int64_t id) {
    return run<etcd::TimeToLiveReply>([&](auto done) { return client.time_to_live(id, false, done); })
               .value()
               .ttl >= 0;
  }

  etcd::ClientOptions options;
  std::vector<LockRecord> records;
};

}  // namespace tamada::agent
