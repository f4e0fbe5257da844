// How the LockKeeper gives the lock back.
#include <utility>

#include "agent/cluster/lock_keeper.h"

namespace tamada::agent {
namespace {

using etcd::Compare;

Compare created_at(const std::string& key, std::int64_t revision) {
  return {key, Compare::Target::create_revision, Compare::Operator::equal, {}, revision};
}

}  // namespace

void LockKeeper::release(std::vector<etcd::Operation> also, Duration time,
                         std::function<void(const ReleaseOutcome&)> done) {
  call_.reset();
  pause_.stop();
  on_acquired_ = {};
  on_renewed_ = {};
  begin(time);
  on_released_ = std::move(done);
  const std::int64_t lease = state_.lease();
  const std::int64_t next_lease = state_.next_lease();
  state_.give_up();
  if (lease == 0) return pause_.start(0s);  // nothing was begun
  remove_key(lease, next_lease, std::move(also));
}

void LockKeeper::remove_key(std::int64_t lease, std::int64_t next_lease, std::vector<etcd::Operation> also) {
  etcd::TxnRequest txn;
  txn.compare.push_back(Compare::lease_is(options_.key, lease));
  const std::int64_t created = state_.create_revision();
  if (created != 0) txn.compare.push_back(created_at(options_.key, created));
  txn.success.push_back({etcd::Operation::Kind::remove, options_.key, {}, 0, etcd::Scope::key});
  txn.success.insert(txn.success.end(), also.begin(), also.end());
  call_ = client_.txn(
      txn,
      [this, lease, next_lease, also](etcd::Outcome<etcd::TxnReply> outcome) {
        const etcd::CallPtr over = std::move(call_);
        if (!outcome) return revoke(lease, next_lease, {ReleaseResult::unknown, outcome.error().error});
        if (outcome->succeeded) return revoke(lease, next_lease, {ReleaseResult::released, {}});
        // It may have been moved meanwhile.
        if (next_lease != 0) return remove_key(next_lease, 0, also);
        revoke(lease, 0, {ReleaseResult::not_mine, {}});
      },
      time_left() / 2);
}

// The key is on one of these leases, if it is there at all. Where the transaction was answered nobody waits for this.
void LockKeeper::revoke(std::int64_t lease, std::int64_t next_lease, const ReleaseOutcome& outcome) {
  const bool is_known = outcome.result != ReleaseResult::unknown;
  if (lease == 0) return finish_release(outcome);
  if (is_known) {
    stray_ = client_.lease_revoke(lease, [](auto) {});
    return finish_release(outcome);
  }
  call_ = client_.lease_revoke(
      lease,
      [this, next_lease, outcome](const etcd::Outcome<etcd::RevokeReply>& reply) {
        const etcd::CallPtr over = std::move(call_);
        if (!reply) return finish_release(outcome);
        if (next_lease != 0) return revoke(next_lease, 0, outcome);
        finish_release({ReleaseResult::released, {}});
      },
      time_left());
}

void LockKeeper::finish_release(const ReleaseOutcome& outcome) {
  if (outcome.result == ReleaseResult::unknown) {
    for (const std::int64_t lease : {state_.lease(), state_.next_lease()}) {
      if (lease != 0) left_leases_.push_back(lease);
    }
  }
  state_.forget();
  tell_record();
  const auto done = std::exchange(on_released_, {});
  done(outcome);
}

void LockKeeper::end_left_leases() {
  if (left_call_ || left_leases_.empty()) return;
  left_call_ =
      client_.lease_revoke(left_leases_.back(), [this](const etcd::Outcome<etcd::RevokeReply>& reply) {
        const etcd::CallPtr over = std::move(left_call_);
        if (!reply) return;
        left_leases_.pop_back();
        end_left_leases();
      });
}

}  // namespace tamada::agent
