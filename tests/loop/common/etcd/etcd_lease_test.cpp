// Leases and what belongs to them, against a real etcd.
#include "common/etcd/lease.h"
#include "tests/loop/common/etcd/etcd_fixture.h"
#include "tests/loop/common/etcd/etcd_process.h"

using namespace tamada;
using namespace tamada::etcd;
using Standing = LeaseState::Standing;

namespace {

struct Leasing : EtcdFixture {
  Leasing() { options.deadline = 20s; }

  Outcome<LeaseReply> grant(Lease& lease) {
    return run_lease([&](auto done) { lease.grant(done); });
  }
  Outcome<LeaseReply> keep_alive(Lease& lease, Duration deadline = 0s) {
    return run_lease([&](auto done) { lease.keep_alive(done, deadline); });
  }
  Outcome<LeaseReply> run_lease(const std::function<void(Lease::Callback)>& begin) {
    std::optional<Outcome<LeaseReply>> answer;
    begin([&](Outcome<LeaseReply> outcome) { answer = std::move(outcome); });
    CHECK_FALSE(answer);
    REQUIRE(run_until([&] { return answer.has_value(); }, 30s));
    return *answer;
  }
  Outcome<RevokeReply> revoke(Lease& lease) {
    std::optional<Outcome<RevokeReply>> answer;
    lease.revoke([&](Outcome<RevokeReply> outcome) { answer = std::move(outcome); });
    REQUIRE(run_until([&] { return answer.has_value(); }, 30s));
    return *answer;
  }
  Outcome<TimeToLiveReply> time_to_live(Client& client, std::int64_t id) {
    return run<TimeToLiveReply>([&](auto done) { return client.time_to_live(id, true, done); });
  }

  ClientOptions options;
};

}  // namespace

TEST_CASE_METHOD(Leasing, "a lease is granted, kept alive and revoked with its keys", "[etcd][lease]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, options);
  Lease lease(*client, 30s);
  CHECK(lease.standing(loop::boot_now()) == Standing::none);
  const TimePoint before = loop::boot_now();
  const LeaseReply granted = grant(lease).value();
  CHECK(granted.header.raft_term > 0);
  CHECK(lease.is_valid(loop::boot_now()));
  CHECK(lease.valid_until() >= before + 30s);
  CHECK(lease.valid_until() <= loop::boot_now() + 30s);
  CHECK(lease.state().header().raft_term == granted.header.raft_term);

  REQUIRE(put(*client, "/t/leased", "x", lease.id()));
  const TimeToLiveReply left = time_to_live(*client, lease.id()).value();
  CHECK(left.id == lease.id());
  CHECK(left.granted_ttl == 30);
  CHECK(left.ttl >= 0);
  CHECK(left.keys == std::vector<std::string>{"/t/leased"});
  CHECK(left.header.raft_term == granted.header.raft_term);

  const TimePoint first_end = lease.valid_until();
  CHECK(keep_alive(lease).value().ttl == 30);
  CHECK(lease.valid_until() > first_end);
  // The read that proves it: the key, with the lease, in the same term.
  const RangeReply proof = range(*client, "/t/leased").value();
  CHECK(proof.kvs.at(0).lease == lease.id());
  CHECK(proof.header.raft_term == lease.state().header().raft_term);

  const RevokeReply revoked = revoke(lease).value();
  CHECK(revoked.existed);
  CHECK(revoked.header.revision > 0);
  CHECK(lease.standing(loop::boot_now()) == Standing::gone);
  CHECK(range(*client, "/t/leased").value().kvs.empty());
  CHECK(time_to_live(*client, lease.id()).value().ttl == -1);
  CHECK_FALSE(revoke(lease).value().existed);
  CHECK(keep_alive(lease).value().ttl == 0);
  CHECK(grant(lease));
  CHECK(lease.is_valid(loop::boot_now()));
}

TEST_CASE_METHOD(Leasing, "etcd's floor is not counted on, and a lease that ran out is told as gone",
                 "[etcd][lease]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, options);
  Lease lease(*client, 1s);
  const LeaseReply granted = grant(lease).value();
  CHECK(lease.valid_until() == granted.as_of + 1s);
  REQUIRE(put(*client, "/t/leased", "x", lease.id()));
  REQUIRE(run_until([&] { return lease.standing(loop::boot_now()) == Standing::unknown; }));
  REQUIRE(run_until([&] { return range(*client, "/t/leased").value().kvs.empty(); }, 30s));
  CHECK(keep_alive(lease).value().ttl == 0);
  CHECK(lease.standing(loop::boot_now()) == Standing::gone);
}

TEST_CASE_METHOD(Leasing, "a keep-alive without an answer moves nothing, and one after it may",
                 "[etcd][lease]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, options);
  Lease lease(*client, 60s);
  REQUIRE(grant(lease));
  const TimePoint end = lease.valid_until();
  etcd.kill(SIGSTOP);
  const TimePoint asked = loop::boot_now();
  const auto outcome = keep_alive(lease, 700ms);
  REQUIRE_FALSE(outcome);
  const Failure& silent = outcome.error();
  CHECK(silent.error.kind == ErrorKind::timeout);
  CHECK(silent.may_have_run);
  CHECK(loop::boot_now() - asked < 15s);
  CHECK(lease.valid_until() == end);
  CHECK_FALSE(lease.is_asking());
  etcd.kill(SIGCONT);
  REQUIRE(keep_alive(lease));
  CHECK(lease.valid_until() > end);

  // Another process takes it over by its id.
  Lease later(*client, 60s);
  later.adopt(lease.id());
  CHECK(later.standing(loop::boot_now()) == Standing::unknown);
  REQUIRE(keep_alive(later));
  CHECK(later.is_valid(loop::boot_now()));
}

TEST_CASE_METHOD(Leasing, "a removal does what its conditions allow, to a key or a prefix",
                 "[etcd][client]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, options);
  const auto remove_if = [&](const RemoveRequest& request) {
    return run<RemoveReply>([&](auto done) { return client->remove(request, done); }).value();
  };
  const PutReply put_a = put(*client, "/t/a", "1").value();
  REQUIRE(put(*client, "/t/b", "2"));
  REQUIRE(put(*client, "/u", "3"));
  const RemoveReply refused = remove_if({"/t/a", Scope::key, {Compare::mod_revision_is("/t/a", 1)}});
  CHECK_FALSE(refused.conditions_held);
  CHECK(refused.removed == 0);
  const RemoveReply done =
      remove_if({"/t/a", Scope::key, {Compare::mod_revision_is("/t/a", put_a.header.revision)}});
  CHECK(done.conditions_held);
  CHECK(done.removed == 1);
  CHECK(done.header.raft_term == put_a.header.raft_term);
  CHECK(done.header.revision > put_a.header.revision);
  CHECK(remove_if({"/t/a", Scope::key, {}}).removed == 0);
  REQUIRE(put(*client, "/t/a", "1"));
  CHECK(remove_if({"/t/", Scope::prefix, {Compare::lease_is("/u", 0)}}).removed == 2);
  const RangeReply left = range(*client, "", Scope::prefix).value();
  REQUIRE(left.kvs.size() == 1);
  CHECK(left.kvs[0].key == "/u");

  const TxnReply both =
      txn(*client,
          {{},
           {{Operation::Kind::range, "/u", "", 0, Scope::prefix}, {Operation::Kind::remove, "/u", "", 0}},
           {}})
          .value();
  CHECK(both.ranges.at(0).size() == 1);
  CHECK(both.removed == 1);
}

TEST_CASE_METHOD(Leasing, "the members of the cluster are listed", "[etcd][client]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, options);
  const MemberListReply list =
      run<MemberListReply>([&](auto done) { return client->member_list(done); }).value();
  REQUIRE(list.members.size() == 1);
  CHECK(list.members[0].id == list.header.member_id);
  CHECK(list.members[0].name == "n0");
  CHECK(list.members[0].client_urls.size() == 1);
  CHECK_FALSE(list.members[0].is_learner);
}
