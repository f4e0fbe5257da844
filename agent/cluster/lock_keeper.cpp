#include "agent/cluster/lock_keeper.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "common/loop/clock.h"

namespace tamada::agent {
namespace {

using etcd::Compare;
using Standing = LockState::Standing;

constexpr Duration between_looks = 50ms;

std::optional<etcd::KeyValue> read_key(const etcd::TxnReply& reply) {
  if (reply.ranges.empty() || reply.ranges.front().empty()) return std::nullopt;
  return reply.ranges.front().front();
}

etcd::Operation read_operation(const std::string& key) {
  return {etcd::Operation::Kind::range, key, {}, 0, etcd::Scope::key};
}

}  // namespace

LockKeeper::LockKeeper(loop::Loop& loop, etcd::Client& client, Options options, OnRecord on_record)
    : client_(client),
      options_(std::move(options)),
      on_record_(std::move(on_record)),
      state_(options_.ttl),
      wanted_ttl_(options_.ttl),
      lease_ttl_(options_.ttl),
      pause_(loop, [this] {
        if (on_released_) return finish_release({ReleaseResult::not_mine, {}});
        keep_alive();
      }) {}

void LockKeeper::begin(Duration time) {
  has_counted_ = false;
  end_ = loop::boot_now() + time;
}

Duration LockKeeper::time_left() const {
  return std::max<Duration>(end_ - loop::boot_now(), 1ms);
}

LockRecord LockKeeper::record() const {
  const bool is_mine = state_.standing() == Standing::held || state_.standing() == Standing::unproven;
  if (!is_mine) return {};
  return {options_.key, state_.lease(), state_.next_lease(), state_.create_revision(), lease_ttl_.count()};
}

void LockKeeper::tell_record() {
  if (on_record_) on_record_(record());
}

void LockKeeper::adopt(const LockRecord& record) {
  assert(!is_busy());
  if (record.is_empty() || record.key != options_.key) return;
  lease_ttl_ = std::chrono::seconds(std::max<std::int64_t>(record.ttl, 1));
  next_ttl_ = {};
  state_ = LockState(std::min(wanted_ttl_, lease_ttl_));
  state_.expect(record.lease, record.create_revision, record.next_lease);
}

void LockKeeper::set_ttl(std::chrono::seconds ttl) {
  wanted_ttl_ = ttl;
  if (ttl < state_.ttl()) state_.limit(ttl);
}

// --- acquire

void LockKeeper::acquire(std::vector<Compare> conditions, Duration time,
                         std::function<void(const AcquireOutcome&)> done) {
  assert(!is_busy());
  assert(state_.standing() == Standing::none || state_.standing() == Standing::lost);
  begin(time);
  conditions_ = std::move(conditions);
  on_acquired_ = std::move(done);
  lease_ttl_ = wanted_ttl_;
  state_ = LockState(wanted_ttl_);
  call_ = client_.lease_grant(
      lease_ttl_.count(),
      [this](etcd::Outcome<etcd::LeaseReply> outcome) {
        const etcd::CallPtr over = std::move(call_);
        if (!outcome) return finish_acquire({AcquireResult::failed, {}, outcome.error().error});
        state_.expect(outcome->id, 0);
        state_.lease_answered(*outcome, loop::boot_now());
        tell_record();
        put_key();
      },
      time_left());
}

void LockKeeper::put_key() {
  etcd::TxnRequest txn;
  txn.compare = std::move(conditions_);
  txn.compare.insert(txn.compare.begin(), Compare::absent(options_.key));
  txn.success.push_back(
      {etcd::Operation::Kind::put, options_.key, options_.name, state_.lease(), etcd::Scope::key});
  txn.failure.push_back(read_operation(options_.key));
  const TimePoint sent = loop::boot_now();
  // Half of the time: an answer that does not come leaves the other half to find out.
  call_ = client_.txn(
      txn,
      [this, sent](etcd::Outcome<etcd::TxnReply> outcome) {
        const etcd::CallPtr over = std::move(call_);
        on_put(sent, std::move(outcome));
      },
      time_left() / 2);
}

void LockKeeper::on_put(TimePoint sent, etcd::Outcome<etcd::TxnReply> outcome) {
  if (!outcome && outcome.error().may_have_run) return find_out(outcome.error().error);
  if (outcome && outcome->succeeded) {
    const Look look = state_.took(outcome->header, sent);
    tell_record();
    return judge(look);
  }
  stray_ = client_.lease_revoke(state_.lease(), [](auto) {});
  state_.forget();
  tell_record();
  if (outcome) return finish_acquire({AcquireResult::compare_lost, read_key(*outcome), {}});
  finish_acquire({AcquireResult::failed, {}, outcome.error().error});
}

// A key that hangs on the lease is mine, since nobody else knows it. One that is not there may come yet.
void LockKeeper::find_out(const Error& why) {
  call_ = client_.range(
      {options_.key, etcd::Scope::key, false},
      [this, why](etcd::Outcome<etcd::RangeReply> outcome) {
        const etcd::CallPtr over = std::move(call_);
        if (!outcome) return finish_acquire({AcquireResult::unknown, {}, outcome.error().error});
        const bool is_there = !outcome->kvs.empty() && outcome->kvs.front().lease == state_.lease();
        if (!is_there) return drop_lease(why);
        const Look look = state_.looked(*outcome);
        tell_record();
        judge(look);
      },
      time_left());
}

// Without its lease the transaction cannot be carried out any more; if it was meanwhile, the key goes with the lease.
void LockKeeper::drop_lease(const Error& why) {
  const std::int64_t lease = state_.lease();
  state_.give_up();
  tell_record();
  call_ = client_.lease_revoke(
      lease,
      [this, why](const etcd::Outcome<etcd::RevokeReply>&) {
        const etcd::CallPtr over = std::move(call_);
        // Either way it is not held here: where nobody answers, a key that nobody renews may stand until the lease ends.
        finish_acquire({AcquireResult::failed, {}, why});
      },
      time_left());
}

void LockKeeper::finish_acquire(const AcquireOutcome& outcome) {
  const auto done = std::exchange(on_acquired_, {});
  done(outcome);
}

// --- renew

void LockKeeper::renew(Duration time, std::function<void(const RenewOutcome&)> done) {
  assert(!is_busy());
  assert(state_.standing() == Standing::held || state_.standing() == Standing::unproven);
  begin(time);
  on_renewed_ = std::move(done);
  if (state_.next_lease() == 0) return keep_alive();
  // An earlier run was moving the key: it may hang on either lease.
  if (state_.mod_revision() == 0) return look();
  // A move without an answer may be carried out at any time: before its outcome is known no renewal counts, which would
  // be one of a lease that the key may leave.
  keep_next_alive();
}

void LockKeeper::keep_alive() {
  const std::int64_t lease = state_.lease();
  call_ = client_.lease_keepalive(
      lease,
      [this, lease](etcd::Outcome<etcd::LeaseReply> outcome) {
        const etcd::CallPtr over = std::move(call_);
        if (!outcome) return lease_failed(lease, outcome.error());
        state_.lease_answered(*outcome, loop::boot_now());
        if (state_.standing() == Standing::lost) return finish(RenewResult::lost);
        look();
      },
      time_left());
}

void LockKeeper::lease_failed(std::int64_t lease, const etcd::Failure& failure) {
  if (failure.fault == etcd::RpcFault::lease_not_found) state_.lease_gone(lease);
  if (state_.standing() == Standing::lost) return finish(RenewResult::lost);
  finish(RenewResult::failed, failure.error);
}

void LockKeeper::look() {
  call_ = client_.range(
      {options_.key, etcd::Scope::key, false},
      [this](etcd::Outcome<etcd::RangeReply> outcome) {
        const etcd::CallPtr over = std::move(call_);
        if (!outcome) return finish(RenewResult::failed, outcome.error().error);
        const std::int64_t known = state_.create_revision();
        const Look look = state_.looked(*outcome);
        if (state_.create_revision() != known || look == Look::on_next) tell_record();
        judge(look);
      },
      time_left());
}

void LockKeeper::judge(Look look) {
  switch (look) {
    case Look::counted:
      return on_counted();
    case Look::not_mine:
      return finish(RenewResult::lost);
    case Look::on_next:
      lease_ttl_ = next_ttl_;
      [[fallthrough]];
    case Look::again:
      return again_soon();
  }
}

void LockKeeper::again_soon() {
  if (time_left() <= between_looks) {
    return finish(RenewResult::failed,
                  Error{ErrorKind::unavailable, "etcd changed its leader while the lock was being proven"});
  }
  pause_.start(between_looks);
}

void LockKeeper::on_counted() {
  has_counted_ = true;
  if (lease_ttl_ == wanted_ttl_) {
    state_.limit(wanted_ttl_);
    return finish(RenewResult::counted);
  }
  // The lease of another length comes with renewals, not with the taking.
  if (on_acquired_) return finish(RenewResult::counted);
  state_.next_lease() == 0 ? grant_next() : move_key();
}

// From here on the renewal has counted: what fails now is tried again with the next one.
void LockKeeper::grant_next() {
  next_ttl_ = wanted_ttl_;
  call_ = client_.lease_grant(
      wanted_ttl_.count(),
      [this](etcd::Outcome<etcd::LeaseReply> outcome) {
        const etcd::CallPtr over = std::move(call_);
        if (!outcome) return finish(RenewResult::counted);
        state_.moving_to(outcome->id);
        state_.lease_answered(*outcome, loop::boot_now());
        tell_record();
        move_key();
      },
      time_left());
}

void LockKeeper::keep_next_alive() {
  const std::int64_t next = state_.next_lease();
  call_ = client_.lease_keepalive(
      next,
      [this, next](etcd::Outcome<etcd::LeaseReply> outcome) {
        const etcd::CallPtr over = std::move(call_);
        if (!outcome && outcome.error().fault != etcd::RpcFault::lease_not_found) {
          return finish(RenewResult::failed, outcome.error().error);
        }
        outcome ? state_.lease_answered(*outcome, loop::boot_now()) : state_.lease_gone(next);
        // Without that lease the move cannot be carried out any more; if it was, the look shows that the key is gone.
        if (state_.next_lease() == 0) return keep_alive();
        move_key();
      },
      time_left());
}

void LockKeeper::move_key() {
  etcd::TxnRequest txn;
  txn.compare = {Compare::lease_is(options_.key, state_.lease()),
                 Compare::mod_revision_is(options_.key, state_.mod_revision())};
  txn.success.push_back(
      {etcd::Operation::Kind::put, options_.key, options_.name, state_.next_lease(), etcd::Scope::key});
  const TimePoint sent = loop::boot_now();
  call_ = client_.txn(
      txn,
      [this, sent](etcd::Outcome<etcd::TxnReply> outcome) {
        const etcd::CallPtr over = std::move(call_);
        on_moved(sent, std::move(outcome));
      },
      time_left());
}

void LockKeeper::on_moved(TimePoint sent, etcd::Outcome<etcd::TxnReply> outcome) {
  if (outcome && outcome->succeeded) {
    const std::int64_t former = state_.lease();
    const Look look = state_.moved(outcome->header, sent);
    lease_ttl_ = next_ttl_;
    stray_ = client_.lease_revoke(former, [](auto) {});
    tell_record();
    return judge(look);
  }
  // It was carried out before, or the key is another's: the look tells.
  if (outcome) return look();
  if (outcome.error().fault == etcd::RpcFault::lease_not_found) {
    state_.lease_gone(state_.next_lease());
    tell_record();
    return keep_alive();
  }
  finish(has_counted_ ? RenewResult::counted : RenewResult::failed, outcome.error().error);
}

void LockKeeper::finish(RenewResult result, std::optional<Error> error) {
  if (result == RenewResult::lost) {
    // Of no use to anybody any more, and a transaction that comes late cannot use it.
    const bool is_gone = state_.loss() == LockState::Loss::lease_gone;
    const std::int64_t lease = is_gone ? state_.next_lease() : state_.lease();
    if (lease != 0) stray_ = client_.lease_revoke(lease, [](auto) {});
    tell_record();
  }
  if (on_acquired_) {
    const AcquireResult acquired = result == RenewResult::counted ? AcquireResult::acquired
                                   : result == RenewResult::lost  ? AcquireResult::failed
                                                                  : AcquireResult::unknown;
    return finish_acquire({acquired, {}, std::move(error)});
  }
  const auto done = std::exchange(on_renewed_, {});
  done({result, std::move(error)});
}

}  // namespace tamada::agent
