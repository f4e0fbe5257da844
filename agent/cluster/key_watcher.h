// KeyWatcher: knows all keys of the cluster, and how old this knowledge is.
//
// A range and a watch of the whole prefix, with a heartbeat: a cheap linearizable range every so often. What can go wrong
// with a watch (cancelled without being closed, revisions compacted, a member that the others have left behind, a
// connection that is silently dead, an expired token, etcd restored) is mended in common/etcd/watch.h; here it shows as
// an older `heard`, or as silence.
//
// What it cannot know: while etcd is silent, anything. The keys told last stay the last ones known; since when they are
// not certain any more is heard().
//
// Loop thread only. The Client and the callbacks must outlive it. After destruction, which may happen in a callback, none
// of them runs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/etcd/client.h"
#include "common/etcd/watch.h"
#include "common/patroni/cluster_keys.h"

namespace tamada::agent {

class KeyWatcherCallbacks {
 public:
  // Something below the prefix has changed (the first time: or there is nothing). Whole transactions only. How old it is
  // tells the on_heard that follows, one round trip later.
  virtual void on_keys(const patroni::ClusterKeys& keys) = 0;
  // The keys told last were complete and true at this moment (boot clock): when the request was sent whose answer proved
  // it. Never goes back. The first one after on_silence ends the silence.
  virtual void on_heard(TimePoint heard) = 0;
  // No end point answers. Once per episode. `since`: the last on_heard; not set: there was none.
  virtual void on_silence(const std::optional<TimePoint>& since, const Error& why) = 0;

 protected:
  ~KeyWatcherCallbacks() = default;
};

class KeyWatcher final : private etcd::WatchCallbacks {
 public:
  struct Options {
    std::string prefix;       // "/service/patroni/"
    Duration heartbeat = 1s;  // how often the range is asked for
    Duration timeout = 4s;    // of one answer: a frozen member is left after heartbeat + timeout at most
  };

  KeyWatcher(etcd::Client& client, const Options& options, KeyWatcherCallbacks& callbacks);
  KeyWatcher(const KeyWatcher&) = delete;
  KeyWatcher& operator=(const KeyWatcher&) = delete;

  [[nodiscard]] const patroni::ClusterKeys& keys() const { return keys_; }
  // Not set: nothing has been heard yet.
  [[nodiscard]] std::optional<TimePoint> heard() const { return heard_; }
  [[nodiscard]] bool is_silent() const { return is_silent_; }
  // Asks now, by a heartbeat, or where there is no connection at the next end point.
  void poke() { watch_.poke(); }

 private:
  void on_value(const std::string&, const std::optional<std::string>&, std::int64_t, TimePoint) override {}
  void on_key(const etcd::KeyValue& kv, bool deleted, std::int64_t revision, TimePoint as_of) override;
  void on_told(std::int64_t revision) override;
  void on_fresh(TimePoint as_of) override;
  void on_silence(const Error& why) override;

  KeyWatcherCallbacks& callbacks_;
  patroni::ClusterKeys keys_;
  std::vector<patroni::KeyChange> changes_;  // of the transactions that are being told
  bool anything_told_ = false;
  std::optional<TimePoint> heard_;
  bool is_silent_ = false;
  etcd::Watch watch_;
};

// A key of etcd in the words of common/patroni.
[[nodiscard]] patroni::StoredKey stored_key(const etcd::KeyValue& kv);

}  // namespace tamada::agent
