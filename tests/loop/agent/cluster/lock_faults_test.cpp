// The leader key, with an etcd that a test holds the strings of: answers that do not come, a leader that was frozen.
#include "tests/loop/agent/cluster/cluster_fixture.h"

using namespace tamada;
using namespace tamada::agent;
using etcd::FakeMember;
using Standing = LockState::Standing;

namespace {

constexpr std::int64_t lease = 4711;

struct Faults : ClusterFixture {
  Faults() {
    member.key = leader_key;
    member.value.clear();
    member.answers["/lease/grant"] = {{200, "{" + member.header() + R"(,"ID":"4711","TTL":"30"})"}};
    member.answers["/kv/lease/revoke"] = {{200, "{" + member.header() + "}"}};
    keep_answers({member.term});
  }
  void keep_answers(const std::vector<std::uint64_t>& terms) {
    auto& answers = member.answers["/lease/keepalive"];
    answers.clear();
    const std::uint64_t now = member.term;
    for (const std::uint64_t term : terms) {
      member.term = term;
      answers.push_back({200, "{\"result\":{" + member.header() + R"(,"ID":"4711","TTL":"30"}})"});
    }
    member.term = now;
  }
  // The key as the transaction makes it.
  void make_key() {
    member.set("pg1");
    member.lease = lease;
    member.create_revision = member.mod_revision;
  }

  FakeMember member{loop};
};

}  // namespace

TEST_CASE_METHOD(Faults, "a transaction without an answer is found out about by its lease", "[lock]") {
  const auto client = client_of({member.url()}, options);
  const auto keeper = keeper_of(*client);
  member.answers["/kv/txn"] = {{200, ""}};
  make_key();
  REQUIRE(acquire(*keeper, {}, 1s).result == AcquireResult::acquired);
  CHECK(keeper->state().is_held(loop::boot_now()));
  CHECK(keeper->state().create_revision() == member.create_revision);
  CHECK(member.times("/kv/txn") == 1);
  CHECK(member.times("/kv/lease/revoke") == 0);
}

TEST_CASE_METHOD(Faults, "a transaction that may come yet is made impossible by revoking its lease",
                 "[lock]") {
  const auto client = client_of({member.url()}, options);
  const auto keeper = keeper_of(*client);
  member.answers["/kv/txn"] = {{200, ""}};
  const auto outcome = acquire(*keeper, {}, 1s);
  CHECK(outcome.result == AcquireResult::failed);
  CHECK(outcome.error);
  CHECK(member.times("/kv/lease/revoke") == 1);
  CHECK(keeper->state().standing() == Standing::lost);
  CHECK(records.back().is_empty());

  // The same name by somebody else, on another lease, is not mine.
  member.set("pg1");
  member.lease = 99;
  CHECK(acquire(*keeper, {}, 1s).result == AcquireResult::failed);
  CHECK_FALSE(keeper->state().is_held(loop::boot_now()));
}

TEST_CASE_METHOD(Faults, "when nothing can be found out nothing is believed, and the next renewal finds out",
                 "[lock]") {
  const auto client = client_of({member.url()}, options);
  const auto keeper = keeper_of(*client);
  member.answers["/kv/txn"] = {{200, ""}};
  member.mute_ranges = true;
  CHECK(acquire(*keeper, {}, 1s).result == AcquireResult::unknown);
  CHECK(keeper->state().standing() == Standing::unproven);
  CHECK_FALSE(keeper->state().is_held(loop::boot_now()));
  CHECK(records.back().lease == lease);
  member.mute_ranges = false;
  make_key();
  CHECK(renew(*keeper).result == RenewResult::counted);
  CHECK(keeper->state().is_held(loop::boot_now()));
}

TEST_CASE_METHOD(Faults, "a keep-alive that a frozen leader answers does not count", "[lock]") {
  const auto client = client_of({member.url()}, options);
  const auto keeper = keeper_of(*client);
  make_key();
  member.answers["/kv/txn"] = {{200, "{" + member.header() + R"(,"succeeded":true})"}};
  REQUIRE(acquire(*keeper, {}, 20s).result == AcquireResult::acquired);
  const TimePoint end = keeper->state().deadline();
  // The keep-alive comes from the leader of term 5, the look from that of term 6.
  member.term = 6;
  keep_answers({5, 6});
  CHECK(renew(*keeper).result == RenewResult::counted);
  CHECK(member.times("/lease/keepalive") == 2);
  CHECK(keeper->state().deadline() > end);

  // As long as no look comes the deadline stays, however often the lease is said to live.
  const TimePoint second_end = keeper->state().deadline();
  member.mute_ranges = true;
  CHECK(renew(*keeper, 600ms).result == RenewResult::failed);
  CHECK(keeper->state().deadline() == second_end);
  CHECK(keeper->state().standing() == Standing::held);
}

TEST_CASE_METHOD(Faults, "a lease that is not found ends the lock at once", "[lock]") {
  const auto client = client_of({member.url()}, options);
  const auto keeper = keeper_of(*client);
  make_key();
  member.answers["/kv/txn"] = {{200, "{" + member.header() + R"(,"succeeded":true})"}};
  REQUIRE(acquire(*keeper, {}, 20s).result == AcquireResult::acquired);
  member.answers["/lease/keepalive"] = {{200, "{\"result\":{" + member.header() + R"(,"ID":"4711"}})"}};
  CHECK(renew(*keeper).result == RenewResult::lost);
  CHECK(keeper->state().loss() == LockState::Loss::lease_gone);
  CHECK(keeper->state().deadline() == TimePoint{});
}

TEST_CASE_METHOD(Faults, "a release without an answer revokes the lease, and cancels what was under way",
                 "[lock]") {
  const auto client = client_of({member.url()}, options);
  const auto keeper = keeper_of(*client);
  make_key();
  member.answers["/kv/txn"] = {{200, "{" + member.header() + R"(,"succeeded":true})"}, {200, ""}};
  REQUIRE(acquire(*keeper, {}, 20s).result == AcquireResult::acquired);
  member.mute_ranges = true;
  keeper->renew(20s, [](const RenewOutcome&) { FAIL("it was cancelled"); });
  REQUIRE(run_until([&] { return member.ranges > 0; }));
  CHECK(release(*keeper, {}, 1s).result == ReleaseResult::released);
  CHECK(member.times("/kv/lease/revoke") == 1);
  CHECK_FALSE(keeper->is_busy());

  // Before anything was granted there is nothing to give back.
  member.answers["/lease/grant"] = {{200, ""}};
  keeper->acquire({}, 20s, [](const AcquireOutcome&) { FAIL("it was cancelled"); });
  CHECK(release(*keeper, {}, 1s).result == ReleaseResult::not_mine);
}

TEST_CASE_METHOD(Faults, "a key that may have been moved is renewed only once that is known", "[lock]") {
  const auto client = client_of({member.url()}, options);
  const auto keeper = keeper_of(*client);
  make_key();
  member.answers["/kv/txn"] = {{200, "{" + member.header() + R"(,"succeeded":true})"}, {200, ""}};
  REQUIRE(acquire(*keeper, {}, 20s).result == AcquireResult::acquired);
  keeper->set_ttl(20s);
  member.answers["/lease/grant"] = {{200, "{" + member.header() + R"(,"ID":"4712","TTL":"20"})"}};
  CHECK(renew(*keeper, 1s).result == RenewResult::counted);  // and the move has no answer
  CHECK(keeper->record().next_lease == 4712);
  const TimePoint end = keeper->state().deadline();
  member.answers["/lease/keepalive"] = {
      {200, "{\"result\":{" + member.header() + R"(,"ID":"4712","TTL":"20"}})"}};
  CHECK(renew(*keeper, 1s).result == RenewResult::failed);
  CHECK(keeper->state().deadline() == end);
  // The move asks again under the same conditions, which do not hold any more: it was carried out.
  member.set("pg1");
  member.lease = 4712;
  member.answers["/kv/txn"] = {{200, "{" + member.header() + "}"}};
  CHECK(renew(*keeper).result == RenewResult::counted);
  CHECK(keeper->record() == LockRecord{leader_key, 4712, 0, member.create_revision, 20});
  CHECK(keeper->state().deadline() > end);
}
