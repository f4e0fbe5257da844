#include "agent/cluster/key_write.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::agent;
using etcd::Compare;
using Kind = etcd::Operation::Kind;

namespace {

const KeyWrites writes("/service/patroni/");
const LockGuard lock{77, 20};

bool compares(const etcd::TxnRequest& txn, Compare::Target target, const std::string& key,
              std::int64_t number) {
  return std::any_of(txn.compare.begin(), txn.compare.end(), [&](const Compare& one) {
    return one.target == target && one.key == key && one.number == number &&
           one.op == Compare::Operator::equal;
  });
}

bool compares_lock(const etcd::TxnRequest& txn) {
  return compares(txn, Compare::Target::lease, "/service/patroni/leader", 77) &&
         compares(txn, Compare::Target::create_revision, "/service/patroni/leader", 20);
}

etcd::KeyValue found(const std::string& value, std::int64_t revision, std::int64_t lease = 0) {
  return {"k", value, 1, revision, 1, lease};
}

}  // namespace

TEST_CASE("a member's key is put on its lease where it is as it was known", "[key_write]") {
  const auto txn = writes.member("pg1", "{}", 5, 12).to_txn();
  REQUIRE(txn.success.size() == 1);
  CHECK(txn.success[0].kind == Kind::put);
  CHECK(txn.success[0].key == "/service/patroni/members/pg1");
  CHECK(txn.success[0].value == "{}");
  CHECK(txn.success[0].lease == 5);
  REQUIRE(txn.compare.size() == 1);
  CHECK(compares(txn, Compare::Target::mod_revision, "/service/patroni/members/pg1", 12));
  REQUIRE(txn.failure.size() == 1);
  CHECK(txn.failure[0].kind == Kind::range);
  // One that is not there yet.
  CHECK(compares(writes.member("pg1", "{}", 5, 0).to_txn(), Compare::Target::create_revision,
                 "/service/patroni/members/pg1", 0));
}

TEST_CASE("what only the leader writes compares the lock", "[key_write]") {
  for (const KeyWrite& write :
       {writes.sync("{}", 7, lock), writes.no_sync(7, lock), writes.status("{}", lock),
        writes.optime(1, lock), writes.history("[]", lock), writes.failsafe("{}", lock),
        writes.initialize("7713000000000000001", 7, lock)}) {
    INFO(write.key);
    CHECK(compares_lock(write.to_txn()));
    CHECK(write.lease == 0);
  }
  CHECK(compares(writes.sync("{}", 7, lock).to_txn(), Compare::Target::mod_revision, "/service/patroni/sync",
                 7));
  CHECK(compares(writes.sync("{}", 0, lock).to_txn(), Compare::Target::create_revision,
                 "/service/patroni/sync", 0));
  CHECK(writes.no_sync(7, lock).to_txn().success[0].kind == Kind::remove);
  CHECK(writes.optime(4711, lock).value == "4711");
  CHECK(writes.optime(4711, lock).key == "/service/patroni/optime/leader");
}

TEST_CASE("what anybody may ask for compares what was read", "[key_write]") {
  CHECK(
      compares(writes.config("{}", 9).to_txn(), Compare::Target::mod_revision, "/service/patroni/config", 9));
  CHECK(compares(writes.config("{}", 0).to_txn(), Compare::Target::create_revision, "/service/patroni/config",
                 0));
  CHECK(writes.no_failover(9).value == "{}");
  CHECK_FALSE(writes.no_failover(9).removes);
  CHECK(compares(writes.no_failover(9).to_txn(), Compare::Target::mod_revision, "/service/patroni/failover",
                 9));
}

TEST_CASE("a write without an answer is judged by what stands there afterwards", "[key_write]") {
  const KeyWrite put{"k", 7, "new", 5, false, {}};
  CHECK(judge_write(put, found("new", 9, 5)) == WriteResult::done);
  CHECK(judge_write(put, found("old", 7, 5)) == WriteResult::unknown);  // it may come yet
  CHECK(judge_write(put, found("other", 9, 5)) == WriteResult::compare_lost);
  CHECK(judge_write(put, found("new", 9, 6)) == WriteResult::compare_lost);
  CHECK(judge_write(put, std::nullopt) == WriteResult::compare_lost);
  const KeyWrite create{"k", 0, "new", 0, false, {}};
  CHECK(judge_write(create, std::nullopt) == WriteResult::unknown);
  CHECK(judge_write(create, found("new", 9)) == WriteResult::done);
  CHECK(judge_write(create, found("other", 9)) == WriteResult::compare_lost);
  const KeyWrite remove{"k", 7, "", 0, true, {}};
  CHECK(judge_write(remove, std::nullopt) == WriteResult::done);
  CHECK(judge_write(remove, found("old", 7)) == WriteResult::unknown);
  CHECK(judge_write(remove, found("old", 9)) == WriteResult::compare_lost);
  // Without a revision of the key nothing says that it will not come yet.
  const KeyWrite any{"k", std::nullopt, "new", 0, false, {}};
  CHECK(judge_write(any, found("new", 9)) == WriteResult::done);
  CHECK(judge_write(any, found("old", 9)) == WriteResult::unknown);
  CHECK(judge_write(any, std::nullopt) == WriteResult::unknown);
}
