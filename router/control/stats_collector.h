// StatsCollector: remembers what the statistics tell beyond the present, and puts a StatsSnapshot together
// when somebody asks. It is told what happens (answers, facts, tables) by whoever drives the cluster, and
// reads the rest from the parts of the control loop. Decides nothing.
//
// Control loop's thread; all sources must outlive it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/log/event_log.h"
#include "common/loop/loop.h"
#include "common/loop/side_thread.h"
#include "common/loop/timer.h"
#include "router/balance/route_states.h"
#include "router/cluster/leadership_book.h"
#include "router/control/admin_store.h"
#include "router/control/cluster_driver.h"
#include "router/control/config_record.h"
#include "router/control/failover_store.h"
#include "router/history/chart_book.h"
#include "router/history/check_book.h"
#include "router/history/failover_log.h"
#include "router/session/worker_pool.h"
#include "router/stats/stats_snapshot.h"

namespace tamada::router {

// Not owned.
struct StatsSources {
  const ClusterDriver& driver;
  const WorkerPool& pool;
  AdminStore& admin;
  const RouterConfig& config;  // in force, with ids
  const ConfigRecord& record;
  const std::map<NodeId, Address>& by_hand;  // addresses that somebody set
  const EventLog& log;
};

class StatsCollector {
 public:
  StatsCollector(loop::Loop& loop, loop::SideThread& side, EventLog& log, const StatsSources& sources,
                 std::uint32_t workers, TimePoint started);
  StatsCollector(const StatsCollector&) = delete;
  StatsCollector& operator=(const StatsCollector&) = delete;

  // ---- what happens
  // The view has taken a turn; before the turn's facts, and before its table.
  void on_turn(TimePoint now);
  void on_fact(const Fact& fact, TimePoint now);
  void on_answer(const PollAnswer& answer, TimePoint now);
  // A new table is about to be published.
  void on_table(const RoutingTable& table, TimePoint now);
  // The first new session on `node` since it was confirmed as the leader has started at `when`.
  void on_first_start(NodeId node, TimePoint when);
  void on_stopping() { stopping_ = true; }
  void start();
  // `state_dir`, where fail-overs outlive a restart. At the first call what is there is read (blocks).
  void use_folder(const std::string& folder) { failovers_.use_folder(folder); }
  // See StateFile.
  void hold_state(StateFile::Held held) { failovers_.hold(std::move(held)); }
  void release_state() { failovers_.release(); }
  // The largest so far begin anew.
  void clear_maxima() { charts_.clear_maxima(); }

  // ---- what is asked. Precondition: the driver was configured.
  [[nodiscard]] StatsSnapshotPtr snapshot(TimePoint now, WallTime wall_now);

 private:
  struct KnownAddress {
    Address address;
    TimePoint since{};
    std::string before;
  };
  void on_second();
  void note_address(NodeId node, TimePoint now);
  void forget_gone(const std::vector<NodeId>& watched);
  [[nodiscard]] FailoverTotals totals() const;
  [[nodiscard]] static FailoverLog::At at(TimePoint moment);
  [[nodiscard]] ProcessStats process() const;
  [[nodiscard]] LeadershipStats leadership(const LeaderView& leader, const std::vector<NodeView>& views,
                                           TimePoint now) const;
  [[nodiscard]] std::vector<NodeStats> nodes(const std::vector<NodeView>& views, TimePoint now,
                                             WallTime wall_now) const;
  [[nodiscard]] std::vector<ListenerStats> listeners(const std::vector<NodeView>& views, TimePoint now) const;
  [[nodiscard]] std::shared_ptr<const Charts> charts(const std::vector<ListenerStats>& listeners,
                                                     TimePoint now, WallTime wall_now);

  const StatsSources sources_;
  const std::uint32_t workers_;
  const TimePoint started_;
  bool stopping_ = false;
  std::uint64_t number_ = 0;
  CheckBook checks_;
  RouteStates routes_;
  LeadershipBook leadership_;
  FailoverStore failovers_;
  ChartBook charts_;
  std::shared_ptr<const Charts> charts_made_;  // of charts_.end()
  std::optional<TimePoint> charts_made_for_;
  loop::Timer second_;
  std::map<NodeId, KnownAddress> addresses_;
};

}  // namespace tamada::router
