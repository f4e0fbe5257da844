#include "agent/cluster/bootstrap_lock.h"

#include <utility>

namespace tamada::agent {

BootstrapLock::BootstrapLock(etcd::Client& client, KeyWriter& writer, std::string prefix,
                             std::chrono::seconds ttl)
    : client_(client), writer_(writer), writes_(std::move(prefix)), lease_(client, ttl) {}

void BootstrapLock::write(KeyWrite write, Duration time, Callback done) {
  // Nobody else writes this key here, so that there is always room.
  (void)writer_.write(std::move(write), time,
                      [handle = handles_.handle(), done = std::move(done)](const WriteOutcome& outcome) {
                        if (handle.get() != nullptr) done(outcome);
                      });
}

void BootstrapLock::take(Duration time, Callback done) {
  lease_.grant(
      [this, time, done = std::move(done)](const etcd::Outcome<etcd::LeaseReply>& outcome) {
        if (!outcome) {
          WriteOutcome failed;
          failed.error = outcome.error().error;
          return done(failed);
        }
        write({writes_.key("initialize"), 0, {}, lease_.id(), false, {}}, time / 2,
              [this, done](const WriteOutcome& taken) {
                revision_ = taken.result == WriteResult::done ? taken.revision : 0;
                // Without its lease a write that is not answered cannot be carried out any more.
                if (revision_ == 0) stray_ = client_.lease_revoke(lease_.id(), [](auto) {});
                done(taken);
              });
      },
      time / 2);
}

void BootstrapLock::keep(Duration time, std::function<void(const etcd::Outcome<bool>&)> done) {
  lease_.keep_alive(
      [done = std::move(done)](const etcd::Outcome<etcd::LeaseReply>& outcome) {
        if (outcome) return done(outcome->ttl > 0);
        if (outcome.error().fault == etcd::RpcFault::lease_not_found) return done(false);
        done(tl::make_unexpected(outcome.error()));
      },
      time);
}

etcd::Compare BootstrapLock::condition() const {
  return etcd::Compare::lease_is(writes_.key("initialize"), lease_.id());
}

void BootstrapLock::finish(const std::string& system_id, const LockGuard& lock, Duration time,
                           Callback done) {
  std::vector<etcd::Compare> conditions = writes_.conditions_of(lock);
  conditions.push_back(condition());
  write({writes_.key("initialize"), revision_, system_id, 0, false, std::move(conditions)}, time,
        [this, done = std::move(done)](const WriteOutcome& written) {
          if (written.result == WriteResult::done) {
            revision_ = 0;
            stray_ = client_.lease_revoke(lease_.id(), [](auto) {});
          }
          done(written);
        });
}

void BootstrapLock::cancel(Duration time, Callback done) {
  const std::string key = writes_.key("initialize");
  write({key, revision_, {}, 0, true, {condition()}}, time,
        [this, done = std::move(done)](const WriteOutcome& removed) {
          revision_ = 0;
          stray_ = client_.lease_revoke(lease_.id(), [](auto) {});
          done(removed);
        });
}

}  // namespace tamada::agent
