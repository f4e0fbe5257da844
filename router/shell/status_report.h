// StatusReport: everything GET /status tells, as one value, and its JSON. The shape of the JSON is a contract
// with whoever reads it (tests pin it): keys are added, never renamed or removed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "router/core/cluster_view.h"
#include "router/shell/admin_states.h"
#include "router/shell/fact_history.h"
#include "router/shell/worker_pool.h"
#include "router/stats/words.h"

namespace tamada::router {

struct EtcdStatus {
  std::string state;                      // "connected", "silent"
  std::optional<std::string> leader_key;  // who holds it; none: nobody, or not known
  std::optional<Duration> heard;          // how long ago etcd spoke last
  std::string error;                      // why it is silent; empty if it is not
};

struct StatusReport {
  std::string version;
  Duration uptime{};

  std::string config_file;  // empty: from the environment alone
  std::uint64_t config_generation = 1;
  std::optional<std::string> config_error;  // why the newest file was refused

  LeaderView leader;
  std::vector<NodeView> nodes;
  std::vector<NodeAdmin> admin;  // of nodes[i]
  std::vector<ListenerStatus> listeners;
  std::vector<Target> targets;  // of listeners[i]
  std::optional<EtcdStatus> etcd;
  const FactHistory* history = nullptr;  // not owned; may be null
};

// `now` is what ages are counted to. Bytes that are no UTF-8 become U+FFFD: names come from the network.
[[nodiscard]] std::string to_json(const StatusReport& report, TimePoint now);

}  // namespace tamada::router
