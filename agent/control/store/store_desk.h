// StoreDesk: the agent's side of etcd: what the decider orders there is carried out and answered, what it reads there is told,
// and this node's keys are kept.
//
// Everything that only the lock's holder may write is written on the condition that this node holds the lock as it knows it.
// A silence of etcd is told once, and its end.
//
// Loop thread only; what is handed in must outlive it. After destruction, which may happen in a callback, none runs.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/cluster/bootstrap_lock.h"
#include "agent/cluster/etcd_endpoints.h"
#include "agent/cluster/key_watcher.h"
#include "agent/cluster/lock_file.h"
#include "agent/cluster/lock_keeper.h"
#include "agent/cluster/member_keeper.h"
#include "agent/config/etcd_config.h"
#include "agent/ha/ha_events.h"
#include "agent/ha/ha_step.h"
#include "common/http/tls_context.h"
#include "common/loop/resolver.h"
#include "common/loop/side_thread.h"
#include "common/patroni/status_value.h"

namespace tamada::agent {

class StoreDeskCallbacks {
 public:
  // The keys, and that they were complete and true at `heard`. After each change and each second or so.
  virtual void on_store(const patroni::ClusterKeys& keys, TimePoint heard) = 0;
  // A LockReport or a WriteEnded.
  virtual void on_store_event(const ha::HaEvent& event) = 0;
  // No end point answers; empty: one does again.
  virtual void on_store_silence(const std::string& why) = 0;
  // For the log: what failed, and what happens next.
  virtual void on_store_words(const std::string& words) = 0;

 protected:
  ~StoreDeskCallbacks() = default;
};

class StoreDesk final : private KeyWatcherCallbacks {
 public:
  struct Options {
    EtcdConfig etcd;
    std::string prefix;     // "/service/patroni/"
    std::string name;       // this node's
    std::string lock_path;  // of the lock's record
    std::chrono::seconds ttl{30};
    Duration loop_wait = 10s;
    Duration retry_timeout = 10s;
  };

  StoreDesk(loop::Loop& loop, loop::Resolver& resolver, loop::SideThread& side, Options options,
            StoreDeskCallbacks& callbacks);
  ~StoreDesk();
  StoreDesk(const StoreDesk&) = delete;
  StoreDesk& operator=(const StoreDesk&) = delete;

  // What a former run of the agent left behind: read before the constructor's caller goes on. Blocks on the disk.
  [[nodiscard]] Result<LockRecord> read_record() const { return lock_file_.read(); }
  // A lock of a former run, unproven; then, in any case, the watch begins.
  void start(const LockRecord& record);
  void set_times(std::chrono::seconds ttl, Duration loop_wait, Duration retry_timeout);

  // ---- the decider's orders
  void carry_out(const ha::AcquireLock& order);
  void carry_out(const ha::RenewLock& order);
  void carry_out(const ha::ReleaseLock& order);
  void carry_out(const ha::WriteSync& order);
  void carry_out(const ha::WriteTimeline& order);
  void carry_out(const ha::ClearFailover& order);
  void carry_out(const ha::ClaimInitialize& order);
  void carry_out(const ha::WriteInitialize& order);

  // A bootstrap that came to nothing: somebody else may try at once.
  void drop_claim();

  // ---- this node's keys: the newest counts, and is written once the one before is
  void publish_member(const std::string& text);
  // The last one: `done` once it is there.
  void publish_last_member(const std::string& text, std::function<void()> done);
  // Now, whether its text has changed or not: its lease is kept alive.
  void keep_member();
  // By the lock's holder; nothing without the lock.
  void publish_status(const patroni::StatusValue& status);
  void write(KeyWrite write, const std::function<void(const WriteOutcome&)>& done = {});

  // Asks etcd now; what it answers comes as on_store.
  void poke() { watcher_->poke(); }
  [[nodiscard]] const LockState& lock() const { return lock_.state(); }
  [[nodiscard]] LockGuard lock_guard() const { return lock_.guard(); }
  [[nodiscard]] const patroni::ClusterKeys& keys() const { return watcher_->keys(); }
  [[nodiscard]] std::uint64_t store_id() const { return client_.cluster_id(); }
  [[nodiscard]] KeyWriter& writer() { return writer_; }
  [[nodiscard]] const KeyWrites& writes() const { return writes_; }

 private:
  using Operation = ha::LockReport::Operation;
  using Outcome = ha::LockReport::Outcome;

  void on_keys(const patroni::ClusterKeys& keys) override;
  void on_heard(TimePoint heard) override;
  void on_silence(const std::optional<TimePoint>& since, const Error& why) override;

  void report(Operation operation, Outcome outcome, std::int64_t revision = 0);
  void acquire(const ha::AcquireLock& order);
  void on_acquired(const AcquireOutcome& outcome);
  [[nodiscard]] bool is_ahead_of_report(const patroni::ClusterKeys& keys) const;
  void see_lock(const patroni::ClusterKeys& keys);
  void write_for(std::uint64_t id, KeyWrite write);
  void end_write(std::uint64_t id, const WriteOutcome& outcome);
  void keep_claim();

  const Options options_;
  StoreDeskCallbacks& callbacks_;
  std::optional<http::TlsContext> tls_;
  etcd::Client client_;
  const KeyWrites writes_;
  KeyWriter writer_;
  LockFile lock_file_;
  LockKeeper lock_;
  MemberKeeper member_;
  std::unique_ptr<BootstrapLock> claim_;
  std::optional<EtcdEndpoints> endpoints_;
  std::unique_ptr<KeyWatcher> watcher_;
  std::chrono::seconds ttl_;
  Duration retry_timeout_;
  bool is_silent_ = false;
  bool is_renewal_failing_ = false;  // and it was told
  std::int64_t told_lease_ = 0;      // of the lock, in the last report; 0: it is not held
  bool waits_for_acquire_ = false;   // a transaction without an answer may have made the key ours
  std::string member_text_;
  std::function<void()> on_last_member_;
  patroni::StatusValue status_;
  std::string status_text_;  // as written last
  bool is_writing_status_ = false;
  loop::Timer claim_timer_;
  loop::WeakHandles<StoreDesk> handles_{*this};
};

}  // namespace tamada::agent
