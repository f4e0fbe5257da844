// LockKeeper: takes, renews and gives back the leader key. What may be believed of it stands in lock_state.h.
//
// The key hangs on a lease of its own, which is granted for each taking anew: so a lease that a transaction without an answer
// may still use is never used for another one. Nothing is sent by itself: whoever holds the lock decides, each cycle,
// whether it may be renewed; after an unexpected error it may not.
//
//   acquire   grant a lease; transaction: there is no leader key, and the caller's conditions hold -> put it
//   renew     keep the lease alive, then look at the key (linearizable); again, while there is time, if the raft term
//             changed in between; then, if the time to live was changed, move the key to a lease of that length
//   release   transaction: the key hangs on my lease -> remove it; where no answer says so, the lease is revoked,
//             with which it goes, too
//
// A transaction without an answer is followed by a look at what came of it. One operation at a time; release() takes the
// place of another one, whose callback then does not run. Loop thread only; the Client must outlive it. Destroying it,
// which may happen in a callback, cancels: the key then runs out with its lease, or stays with the next process, which
// knows it by the record.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/cluster/key_write.h"
#include "agent/cluster/lock_record.h"
#include "agent/cluster/lock_state.h"
#include "common/etcd/client.h"
#include "common/loop/timer.h"

namespace tamada::agent {

enum class AcquireResult {
  acquired,      // it is held; state() has the deadline
  compare_lost,  // somebody has the lock, or another condition did not hold
  failed,        // it is not held; a key that an unanswered transaction makes yet runs out with its lease
  unknown,       // it may be mine, and nothing is proven: renew(), which finds out, or release()
};

struct AcquireOutcome {
  AcquireResult result = AcquireResult::failed;
  std::optional<etcd::KeyValue>
      holder;                  // compare_lost: the leader key that stands there; none: another condition
  std::optional<Error> error;  // failed, unknown
};

enum class RenewResult {
  counted,  // the deadline has moved
  lost,     // the lock is not mine any more: state().loss()
  failed,   // nothing is known that was not before: the old deadline runs
};

struct RenewOutcome {
  RenewResult result = RenewResult::failed;
  std::optional<Error> error;  // failed; counted: moving the key to its new lease failed and is tried again
};

enum class ReleaseResult {
  released,  // the key is gone, by this
  not_mine,  // there was none of mine to remove
  unknown,   // it goes when its lease ends, at the latest
};

struct ReleaseOutcome {
  ReleaseResult result = ReleaseResult::unknown;
  std::optional<Error> error;  // unknown
};

class LockKeeper {
 public:
  struct Options {
    std::string key;           // "/service/patroni/leader"
    std::string name;          // this node's
    std::chrono::seconds ttl;  // of the key, at least 1; etcd's floor may grant more, which is not counted on
  };
  // What has to be on the disk, so that the lock is recognised after a restart; an empty one: nothing is held.
  using OnRecord = std::function<void(const LockRecord&)>;

  LockKeeper(loop::Loop& loop, etcd::Client& client, Options options, OnRecord on_record);
  LockKeeper(const LockKeeper&) = delete;
  LockKeeper& operator=(const LockKeeper&) = delete;

  // The lock of an earlier run, if the record is of this key: unproven until renew() has found it.
  void adopt(const LockRecord& record);
  // Only without a lock. `conditions`: further ones, such as MOD(sync) == the revision that was voted on. `time`: for all of
  // it.
  void acquire(std::vector<etcd::Compare> conditions, Duration time,
               std::function<void(const AcquireOutcome&)> done);
  // Only with a lock that is held or unproven.
  void renew(Duration time, std::function<void(const RenewOutcome&)> done);
  // The deadline is past from this call on. `also`: done in the same transaction (the final position).
  void release(std::vector<etcd::Operation> also, Duration time,
               std::function<void(const ReleaseOutcome&)> done);

  // etcd answers again: the leases that a release could not end are ended now, so that nobody waits for them to run out.
  void end_left_leases();

  // A shorter time counts from now on; a longer one once the key hangs on a lease of that length, which the next
  // renewals see to.
  void set_ttl(std::chrono::seconds ttl);
  // What a watch has told of the leader key (not set: there is none) as of this revision.
  void seen(const std::optional<etcd::KeyValue>& key, std::int64_t revision) { state_.seen(key, revision); }

  [[nodiscard]] bool is_busy() const { return call_ != nullptr || pause_.is_active(); }
  [[nodiscard]] const LockState& state() const { return state_; }
  // For what only the lock's holder may write.
  [[nodiscard]] LockGuard guard() const { return {state_.lease(), state_.create_revision()}; }
  [[nodiscard]] LockRecord record() const;

 private:
  using Look = LockState::Look;

  void begin(Duration time);
  [[nodiscard]] Duration time_left() const;
  void tell_record();

  void put_key();
  void on_put(TimePoint sent, etcd::Outcome<etcd::TxnReply> outcome);
  void find_out(const Error& why);
  void drop_lease(const Error& why);
  void finish_acquire(const AcquireOutcome& outcome);

  void keep_alive();
  void look();
  void judge(Look look);
  void again_soon();
  void on_counted();
  void grant_next();
  void keep_next_alive();
  void move_key();
  void on_moved(TimePoint sent, etcd::Outcome<etcd::TxnReply> outcome);
  void lease_failed(std::int64_t lease, const etcd::Failure& failure);
  void finish(RenewResult result, std::optional<Error> error = std::nullopt);

  void remove_key(std::int64_t lease, std::int64_t next_lease, std::vector<etcd::Operation> also);
  void revoke(std::int64_t lease, std::int64_t next_lease, const ReleaseOutcome& outcome);
  void finish_release(const ReleaseOutcome& outcome);

  etcd::Client& client_;
  const Options options_;
  const OnRecord on_record_;
  LockState state_;
  std::chrono::seconds wanted_ttl_;
  std::chrono::seconds lease_ttl_;   // of the lock's lease, as asked
  std::chrono::seconds next_ttl_{};  // of the lease that it is being moved to; 0: an earlier run's
  bool has_counted_ = false;         // the renewal under way has, whatever else is done in it
  TimePoint end_{};                  // of the operation under way
  std::vector<etcd::Compare> conditions_;
  std::function<void(const AcquireOutcome&)> on_acquired_;
  std::function<void(const RenewOutcome&)> on_renewed_;
  std::function<void(const ReleaseOutcome&)> on_released_;
  etcd::CallPtr call_;
  etcd::CallPtr stray_;                    // a revoke that nobody waits for
  std::vector<std::int64_t> left_leases_;  // of locks that were released, as far as is known without effect
  etcd::CallPtr left_call_;
  loop::Timer pause_;
};

}  // namespace tamada::agent
