// StoreMirror: what a simulated agent knows of its cluster's keys: a range, then a watch, and a linearizable range every few
// seconds that proves it anew (and finds a watch that has died in silence).
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "agent/ha/store_view.h"
#include "common/patroni/cluster_keys.h"
#include "tests/simulation/world/etcd_session.h"

namespace tamada::simulation {

class StoreMirror {
 public:
  StoreMirror(Process& process, EtcdSession& session, std::string prefix,
              std::function<void(ha::StoreView)> show)
      : process_(process),
        session_(session),
        prefix_(std::move(prefix)),
        show_(std::move(show)),
        keys_(prefix_) {}
  ~StoreMirror() { stop(); }
  StoreMirror(const StoreMirror&) = delete;
  StoreMirror& operator=(const StoreMirror&) = delete;

  void start() { read(); }
  // Sooner than the next time: a transaction has failed its condition.
  void read();
  void stop();
  [[nodiscard]] const patroni::ClusterKeys& keys() const { return keys_; }

 private:
  void on_range(const etcd::RangeReply& reply);
  void on_message(const etcd::WatchMessage& message);
  void show();
  void watch();

  Process& process_;
  EtcdSession& session_;
  std::string prefix_;
  std::function<void(ha::StoreView)> show_;
  patroni::ClusterKeys keys_;
  std::uint64_t cluster_id_ = 0;
  TimePoint as_of_{};
  std::optional<EtcdModel::WatchId> watch_;
  bool is_reading_ = false;
  bool went_back_ = false;  // the last range was of an older revision than the watch told
  EventId next_read_;
};

}  // namespace tamada::simulation
