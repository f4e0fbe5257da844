// StatsCollector: remembers what the statistics tell beyond the present, and puts a StatsSnapshot together
// when somebody asks. It is told what happens (answers, facts, tables) by whoever drives the cluster, and
// reads the rest from the parts of the control loop. Decides nothing.
//
// Control loop's thread; all sources must outlive it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "router/core/check_book.h"
#include "router/core/route_states.h"
#include "router/shell/admin_store.h"
#include "router/shell/cluster_driver.h"
#include "router/shell/config_record.h"
#include "router/shell/event_log.h"
#include "router/shell/worker_pool.h"
#include "router/stats/stats_snapshot.h"

namespace tamada::router {

// Not owned.
struct StatsSources {
  const ClusterDriver& driver;
  const WorkerPool& pool;
  const AdminStore& admin;
  const RouterConfig& config;  // in force, with ids
  const ConfigRecord& record;
  const EventLog& log;
};

class StatsCollector {
 public:
  StatsCollector(const StatsSources& sources, std::uint32_t workers, TimePoint started);
  StatsCollector(const StatsCollector&) = delete;
  StatsCollector& operator=(const StatsCollector&) = delete;

  // ---- what happens
  void on_answer(const PollAnswer& answer, TimePoint now);
  // A new table is about to be published.
  void on_table(const RoutingTable& table, TimePoint now);
  void on_stopping() { stopping_ = true; }

  // ---- what is asked. Precondition: the driver was configured.
  [[nodiscard]] StatsSnapshotPtr snapshot(TimePoint now, WallTime wall_now);

 private:
  struct KnownAddress {
    Address address;
    TimePoint since{};
    std::string before;
  };
  void note_addresses(TimePoint now);
  [[nodiscard]] ProcessStats process() const;
  [[nodiscard]] std::vector<NodeStats> nodes(const std::vector<NodeView>& views) const;

  const StatsSources sources_;
  const std::uint32_t workers_;
  const TimePoint started_;
  bool stopping_ = false;
  std::uint64_t number_ = 0;
  CheckBook checks_;
  RouteStates routes_;
  std::map<NodeId, KnownAddress> addresses_;
};

}  // namespace tamada::router
