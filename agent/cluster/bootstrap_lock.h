// BootstrapLock: the key `initialize` while this node makes the cluster's first database.
//
// Patroni writes an empty value without a lease, which blocks the cluster for ever when the node dies. Here it hangs on a
// lease that is kept alive: a dead bootstrap frees the cluster when the lease ends. Taking the leader lock compares that
// claim, and the final write the claim and the lock; where one fails, somebody else has made a cluster meanwhile, and the new
// directory must not be used.
//
// Loop thread only; client and writer must outlive it. One operation at a time. Destroying it, which may happen in a
// callback, cancels; the key runs out with its lease.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "agent/cluster/key_writer.h"
#include "common/etcd/lease.h"
#include "common/loop/lifetime.h"

namespace tamada::agent {

class BootstrapLock {
 public:
  using Callback = std::function<void(const WriteOutcome&)>;

  // `ttl`: how long a bootstrap may be silent.
  BootstrapLock(etcd::Client& client, KeyWriter& writer, std::string prefix, std::chrono::seconds ttl);
  BootstrapLock(const BootstrapLock&) = delete;
  BootstrapLock& operator=(const BootstrapLock&) = delete;

  // done: this node makes the database. compare_lost: another one does, or there is a cluster (`found`).
  void take(Duration time, Callback done);
  // Every so often, well within the ttl. False: the lease is gone, and with it the right to go on.
  void keep(Duration time, std::function<void(const etcd::Outcome<bool>&)> done);
  // Writes the system identifier, without a lease, while `lock` is held. Only `done` allows to use what was made.
  void finish(const std::string& system_id, const LockGuard& lock, Duration time, Callback done);
  // Removes the key, if it is still this node's.
  void cancel(Duration time, Callback done);

  [[nodiscard]] bool is_taken() const { return revision_ != 0; }
  // The key is still this node's claim: of the transaction that takes the leader lock.
  [[nodiscard]] etcd::Compare condition() const;

 private:
  void write(KeyWrite write, Duration time, Callback done);

  etcd::Client& client_;
  KeyWriter& writer_;
  const KeyWrites writes_;
  etcd::Lease lease_;
  etcd::CallPtr stray_;        // a revoke that nobody waits for
  std::int64_t revision_ = 0;  // of the key; 0: it is not this node's
  loop::WeakHandles<BootstrapLock> handles_{*this};
};

}  // namespace tamada::agent
