// The leader key, against real etcd servers.
#include "agent/cluster/lock_keeper.h"

#include "tests/loop/agent/cluster/cluster_fixture.h"

using namespace tamada;
using namespace tamada::agent;
using etcd::EtcdProcess;
using Loss = LockState::Loss;
using Standing = LockState::Standing;

TEST_CASE_METHOD(ClusterFixture, "the lock is taken, renewed and given back", "[etcd][lock]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, options);
  const auto keeper = keeper_of(*client);
  const TimePoint before = loop::boot_now();
  REQUIRE(acquire(*keeper).result == AcquireResult::acquired);
  CHECK(keeper->state().is_held(loop::boot_now()));
  CHECK(keeper->state().deadline() >= before + 30s);
  CHECK(keeper->state().deadline() <= loop::boot_now() + 30s);
  const auto held = key(*client, leader_key);
  REQUIRE(held);
  CHECK(held->value == "pg1");
  CHECK(held->lease == keeper->state().lease());
  CHECK(keeper->guard() == LockGuard{held->lease, held->create_revision});
  CHECK(records.back() == LockRecord{leader_key, held->lease, 0, held->create_revision, 30});

  const TimePoint first_end = keeper->state().deadline();
  CHECK(renew(*keeper).result == RenewResult::counted);
  CHECK(keeper->state().deadline() > first_end);

  // The final position goes in the same transaction.
  const auto released =
      release(*keeper, {{etcd::Operation::Kind::put, prefix + "status", R"({"optime":7})", 0}});
  CHECK(released.result == ReleaseResult::released);
  CHECK(keeper->state().standing() == Standing::none);
  CHECK(keeper->state().deadline() == TimePoint{});
  CHECK(records.back().is_empty());
  CHECK_FALSE(key(*client, leader_key));
  CHECK(key(*client, prefix + "status")->value == R"({"optime":7})");
  REQUIRE(run_until([&] { return !has_lease(*client, held->lease); }));
  // And again.
  REQUIRE(acquire(*keeper).result == AcquireResult::acquired);
  CHECK(keeper->state().lease() != held->lease);
}

TEST_CASE_METHOD(ClusterFixture, "the lock is taken only where nobody has it and the conditions hold",
                 "[etcd][lock]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, options);
  const auto sync = put(*client, prefix + "sync", "{}").value().header.revision;
  const auto keeper = keeper_of(*client);
  const auto other = acquire(*keeper, {etcd::Compare::mod_revision_is(prefix + "sync", sync + 100)});
  CHECK(other.result == AcquireResult::compare_lost);
  CHECK_FALSE(other.holder);
  CHECK(keeper->state().standing() == Standing::none);
  CHECK(records.back().is_empty());
  REQUIRE(records.size() == 2);
  REQUIRE(run_until([&] { return !has_lease(*client, records.front().lease); }));

  // My own name proves nothing.
  REQUIRE(put(*client, leader_key, "pg1"));
  const auto taken = acquire(*keeper, {etcd::Compare::mod_revision_is(prefix + "sync", sync)});
  CHECK(taken.result == AcquireResult::compare_lost);
  REQUIRE(taken.holder);
  CHECK(taken.holder->value == "pg1");
  remove(*client, leader_key);
  CHECK(acquire(*keeper, {etcd::Compare::mod_revision_is(prefix + "sync", sync)}).result ==
        AcquireResult::acquired);
}

TEST_CASE_METHOD(ClusterFixture, "of two that want the lock one gets it", "[etcd][lock]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, options);
  const auto second_client = client_of({etcd.url()}, options);
  const auto one = keeper_of(*client);
  const auto two = keeper_of(*second_client, 30s, "pg2");
  std::vector<AcquireResult> results;
  one->acquire({}, 20s, [&](const AcquireOutcome& outcome) { results.push_back(outcome.result); });
  two->acquire({}, 20s, [&](const AcquireOutcome& outcome) { results.push_back(outcome.result); });
  REQUIRE(run_until([&] { return results.size() == 2; }));
  CHECK(std::count(results.begin(), results.end(), AcquireResult::acquired) == 1);
  CHECK(std::count(results.begin(), results.end(), AcquireResult::compare_lost) == 1);
}

TEST_CASE_METHOD(ClusterFixture, "the next process knows the lock by its record and by nothing else",
                 "[etcd][lock]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, options);
  auto keeper = keeper_of(*client);
  REQUIRE(acquire(*keeper).result == AcquireResult::acquired);
  const LockRecord record = keeper->record();
  keeper.reset();

  auto later = keeper_of(*client);
  later->adopt(record);
  CHECK(later->state().standing() == Standing::unproven);
  CHECK_FALSE(later->state().is_held(loop::boot_now()));
  CHECK(renew(*later).result == RenewResult::counted);
  CHECK(later->state().is_held(loop::boot_now()));

  // Written before the transaction was answered.
  LockRecord early = record;
  early.create_revision = 0;
  later = keeper_of(*client);
  later->adopt(early);
  CHECK(renew(*later).result == RenewResult::counted);
  CHECK(later->record() == record);

  // Of another cluster, of nobody.
  LockRecord elsewhere = record;
  elsewhere.key = "/service/other/leader";
  later = keeper_of(*client);
  later->adopt(elsewhere);
  later->adopt({});
  CHECK(later->state().standing() == Standing::none);

  // A key that somebody else made meanwhile.
  remove(*client, leader_key);
  REQUIRE(put(*client, leader_key, "pg1", record.lease));
  later->adopt(record);
  CHECK(renew(*later).result == RenewResult::lost);
  CHECK(later->state().loss() == Loss::key_foreign);
}

TEST_CASE_METHOD(ClusterFixture, "who loses the key or the lease loses the deadline with the next renewal",
                 "[etcd][lock]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, options);
  const auto keeper = keeper_of(*client);
  REQUIRE(acquire(*keeper).result == AcquireResult::acquired);
  remove(*client, leader_key);
  CHECK(renew(*keeper).result == RenewResult::lost);
  CHECK(keeper->state().loss() == Loss::key_gone);
  CHECK(keeper->state().deadline() == TimePoint{});
  CHECK(records.back().is_empty());

  REQUIRE(acquire(*keeper).result == AcquireResult::acquired);
  REQUIRE(
      run<etcd::RevokeReply>([&](auto done) { return client->lease_revoke(keeper->state().lease(), done); }));
  CHECK(renew(*keeper).result == RenewResult::lost);
  CHECK(keeper->state().loss() == Loss::lease_gone);

  // What is not mine is not removed.
  REQUIRE(acquire(*keeper).result == AcquireResult::acquired);
  remove(*client, leader_key);
  REQUIRE(put(*client, leader_key, "pg1"));
  CHECK(release(*keeper).result == ReleaseResult::not_mine);
  CHECK(key(*client, leader_key)->value == "pg1");
  CHECK(release(*keeper).result == ReleaseResult::not_mine);  // there is none
}

TEST_CASE_METHOD(ClusterFixture,
                 "an etcd that is frozen moves no deadline, and one that restarts keeps the lock",
                 "[etcd][lock]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, options);
  const auto keeper = keeper_of(*client, 60s);
  REQUIRE(acquire(*keeper).result == AcquireResult::acquired);
  const TimePoint end = keeper->state().deadline();
  etcd.kill(SIGSTOP);
  const auto failed = renew(*keeper, 700ms);
  CHECK(failed.result == RenewResult::failed);
  CHECK(failed.error);
  CHECK(keeper->state().deadline() == end);
  CHECK(keeper->state().standing() == Standing::held);
  etcd.kill(SIGCONT);
  CHECK(renew(*keeper).result == RenewResult::counted);
  CHECK(keeper->state().deadline() > end);

  etcd.kill(SIGKILL);
  etcd.start();
  CHECK(renew(*keeper).result == RenewResult::counted);
  CHECK(keeper->state().is_held(loop::boot_now()));

  etcd.kill(SIGSTOP);
  const auto released = release(*keeper, {}, 700ms);
  CHECK(released.result == ReleaseResult::unknown);
  CHECK(keeper->state().deadline() == TimePoint{});
  etcd.kill(SIGCONT);
}

TEST_CASE_METHOD(ClusterFixture, "a lock that was released while etcd was away goes when etcd is back",
                 "[etcd][lock]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, options);
  const auto keeper = keeper_of(*client, 60s);
  REQUIRE(acquire(*keeper).result == AcquireResult::acquired);
  etcd.kill(SIGKILL);
  REQUIRE(release(*keeper, {}, 700ms).result == ReleaseResult::unknown);
  etcd.start();
  REQUIRE(key(*client, leader_key));
  bool is_gone = false;
  const TimePoint limit = loop::boot_now() + 20s;
  while (!is_gone && loop::boot_now() < limit) {
    keeper->end_left_leases();
    is_gone = !key(*client, leader_key);
  }
  CHECK(is_gone);
}

TEST_CASE_METHOD(ClusterFixture, "the time to live shrinks and grows while the lock is held",
                 "[etcd][lock]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, options);
  const auto keeper = keeper_of(*client, 60s);
  REQUIRE(acquire(*keeper).result == AcquireResult::acquired);
  const LockRecord first = keeper->record();
  const TimePoint before = loop::boot_now();
  keeper->set_ttl(20s);
  CHECK(keeper->state().deadline() <= before + 20s);
  CHECK(renew(*keeper).result == RenewResult::counted);
  const auto moved = key(*client, leader_key);
  REQUIRE(moved);
  CHECK(moved->lease != first.lease);
  CHECK(moved->create_revision == first.create_revision);
  CHECK(keeper->record() == LockRecord{leader_key, moved->lease, 0, first.create_revision, 20});
  CHECK(keeper->state().deadline() >= before + 20s);
  CHECK(keeper->state().deadline() <= loop::boot_now() + 20s);
  REQUIRE(run_until([&] { return !has_lease(*client, first.lease); }));

  keeper->set_ttl(90s);
  CHECK(keeper->state().deadline() <= loop::boot_now() + 20s);
  CHECK(renew(*keeper).result == RenewResult::counted);
  CHECK(keeper->state().deadline() > loop::boot_now() + 60s);
  // The record that was written before the key was moved knows it on either lease.
  const auto moving = std::find_if(records.rbegin(), records.rend(),
                                   [](const LockRecord& record) { return record.next_lease != 0; });
  REQUIRE(moving != records.rend());
  auto later = keeper_of(*client, 90s);
  later->adopt(*moving);
  CHECK(renew(*later).result == RenewResult::counted);
  CHECK(later->record() ==
        LockRecord{leader_key, key(*client, leader_key)->lease, 0, first.create_revision, 90});
}

TEST_CASE_METHOD(ClusterFixture,
                 "with three members the lock outlives one that freezes and a rolling restart",
                 "[etcd][lock]") {
  const std::vector<EtcdProcess::Peer> peers{
      {"n0", etcd::free_port()}, {"n1", etcd::free_port()}, {"n2", etcd::free_port()}};
  EtcdProcess one(peers, 0);
  EtcdProcess two(peers, 1);
  EtcdProcess three(peers, 2);
  options.deadline = 30s;
  const auto client = client_of({one.url(), two.url(), three.url()}, options);
  const auto keeper = keeper_of(*client, 120s);
  REQUIRE(acquire(*keeper, {}, 30s).result == AcquireResult::acquired);
  for (EtcdProcess* member : {&one, &two, &three}) {
    const TimePoint end = keeper->state().deadline();
    member->kill(SIGSTOP);
    CHECK(renew(*keeper, 30s).result == RenewResult::counted);
    CHECK(keeper->state().deadline() > end);
    member->kill(SIGCONT);
    CHECK(renew(*keeper, 30s).result == RenewResult::counted);
  }
  for (EtcdProcess* member : {&one, &two, &three}) {
    member->kill(SIGTERM);
    CHECK(renew(*keeper, 30s).result == RenewResult::counted);
    member->start();
    CHECK(renew(*keeper, 30s).result == RenewResult::counted);
  }
  CHECK(keeper->state().is_held(loop::boot_now()));
}
