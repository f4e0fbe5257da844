// MemberKeeper: keeps this node's member key in etcd, on a lease of its own that is not the lock's.
//
// Written only when its text or its lease has changed, or when it is not there. The lease is granted when there is none (any
// more), and kept alive at most as often as the options say: whoever holds the lock does not wait for it.
//
// The key is written under the condition that it is as this node knows it. So a write that comes late changes nothing, and
// another node of the same name shows as a key that changes by itself: `foreign_changes` counts that.
//
// Loop thread only; client and writer must outlive it. Destroying it, which may happen in a callback, cancels; the key runs
// out with its lease.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "agent/cluster/key_writer.h"
#include "common/etcd/lease.h"
#include "common/loop/lifetime.h"
#include "common/loop/timer.h"
#include "common/patroni/cluster_keys.h"

namespace tamada::agent {

class MemberKeeper {
 public:
  struct Options {
    std::string prefix;        // "/service/patroni/"
    std::string name;          // this node's
    std::chrono::seconds ttl;  // of the lease
    Duration keep_every;       // loop_wait: a younger keep-alive is not repeated
  };
  struct Outcome {
    bool is_there = false;  // the key says what it is to say
    bool wrote = false;     // it had to be written for that
    std::optional<Error> error;
  };

  MemberKeeper(loop::Loop& loop, etcd::Client& client, KeyWriter& writer, Options options);
  MemberKeeper(const MemberKeeper&) = delete;
  MemberKeeper& operator=(const MemberKeeper&) = delete;

  // `text`: patroni::write_member_value. One at a time: not while is_busy(). The callback runs once, never from inside the
  // call.
  void publish(std::string text, Duration time, std::function<void(const Outcome&)> done);
  // What the watch has told.
  void on_keys(const patroni::ClusterKeys& keys);
  // From the next lease on: another length makes the next publish() grant one.
  void set_times(std::chrono::seconds ttl, Duration keep_every);

  [[nodiscard]] bool is_busy() const { return static_cast<bool>(done_); }
  [[nodiscard]] std::int64_t lease() const { return lease_ ? lease_->id() : 0; }
  // How often the key was found changed, on another lease, without this node having done it.
  [[nodiscard]] std::size_t foreign_changes() const { return foreign_changes_; }

 private:
  // The key as it was last written or seen.
  struct Known {
    std::int64_t revision = 0;  // of the key; 0: there is none
    std::int64_t as_of = 0;     // the store's, at which it was so
    std::string text;
    std::int64_t lease = 0;
  };
  [[nodiscard]] Duration time_left() const;
  void ensure_lease();
  void grant();
  void write();
  void on_written(const WriteOutcome& outcome);
  void learn(const Known& known);
  void finish(const Outcome& outcome);

  etcd::Client& client_;
  KeyWriter& writer_;
  const KeyWrites writes_;
  Options options_;
  std::optional<etcd::Lease> lease_;
  bool is_lease_gone_ = false;
  TimePoint kept_at_{};
  Known known_;
  std::int64_t told_revision_ = 0;  // the store's, as the watch told it last
  std::size_t foreign_changes_ = 0;
  std::string text_;
  TimePoint end_{};
  int tries_ = 0;  // writes of this publish()
  std::function<void(const Outcome&)> done_;
  loop::Timer soon_;  // nothing had to be asked: the callback does not run inside the call
  loop::WeakHandles<MemberKeeper> handles_{*this};  // the writer may answer later
};

}  // namespace tamada::agent
