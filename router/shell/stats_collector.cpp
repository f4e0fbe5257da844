#include "router/shell/stats_collector.h"

#include <algorithm>
#include <set>
#include <utility>

#include "router/shell/process_stats.h"
#include "router/shell/snapshot_parts.h"

namespace tamada::router {

StatsCollector::StatsCollector(const StatsSources& sources, std::uint32_t workers, TimePoint started)
    : sources_(sources), workers_(workers), started_(started) {}

void StatsCollector::on_answer(const PollAnswer& answer, TimePoint now) {
  checks_.hear(answer, now);
  note_addresses(now);
}

void StatsCollector::on_table(const RoutingTable& table, TimePoint now) {
  std::vector<NodeId> watched;
  for (const NodeView& node : sources_.driver.nodes()) watched.push_back(node.id);
  routes_.apply(table, watched, now);
}

// Where sessions go, as the view has it now.
void StatsCollector::note_addresses(TimePoint now) {
  const std::vector<NodeView> nodes = sources_.driver.nodes();
  for (const NodeView& node : nodes) {
    if (!node.postgres.is_set()) continue;
    const auto [known, is_new] = addresses_.try_emplace(node.id, KnownAddress{node.postgres, now, {}});
    if (is_new || known->second.address == node.postgres) continue;
    known->second = {node.postgres, now, known->second.address.to_string()};
  }
  if (addresses_.size() <= nodes.size()) return;
  std::set<NodeId> watched;
  for (const NodeView& node : nodes) watched.insert(node.id);
  std::erase_if(addresses_, [&](const auto& known) {
    if (watched.contains(known.first)) return false;
    checks_.forget(known.first);
    return true;
  });
}

ProcessStats StatsCollector::process() const {
  ProcessStats stats;
  fill_process(stats, sources_.config.max_connections);
  stats.workers = workers_;
  stats.started = started_;
  stats.listening = sources_.pool.is_listening();
  stats.stopping = stopping_;
  stats.log_dropped = sources_.log.dropped();
  return stats;
}

std::vector<NodeStats> StatsCollector::nodes(const std::vector<NodeView>& views) const {
  std::vector<NodeStats> all;
  for (const NodeView& view : views) {
    NodeStats node;
    node.view = view;
    node.check = checks_.of(view.id);
    node.check.fall = sources_.config.checks.fall;
    node.admin = sources_.admin.states().of(view.configured_name).all;
    if (const auto known = addresses_.find(view.id); known != addresses_.end()) {
      node.address_since = known->second.since;
      node.address_before = known->second.before;
    }
    all.push_back(std::move(node));
  }
  return all;
}

StatsSnapshotPtr StatsCollector::snapshot(TimePoint now, WallTime wall_now) {
  auto snapshot = std::make_shared<StatsSnapshot>();
  snapshot->now = now;
  snapshot->wall_now = wall_now;
  snapshot->number = ++number_;
  snapshot->process = process();
  snapshot->config = sources_.record.stats();
  snapshot->cluster_name = sources_.config.cluster.name;
  snapshot->leader = sources_.driver.leader();
  snapshot->etcd = sources_.driver.etcd_status();

  const std::vector<NodeView> views = sources_.driver.nodes();
  snapshot->nodes = nodes(views);
  std::vector<NodeAdmin> admin;
  for (const NodeView& view : views) admin.push_back(sources_.admin.states().of(view.configured_name));
  const std::vector<ListenerView> listeners = sources_.driver.listeners();
  for (const ListenerStatus& status : sources_.pool.status()) {
    const auto config = std::find_if(sources_.config.listeners.begin(), sources_.config.listeners.end(),
                                     [&](const ListenerConfig& one) { return one.policy.id == status.id; });
    const auto view = std::find_if(listeners.begin(), listeners.end(),
                                   [&](const ListenerView& one) { return one.listener == status.id; });
    snapshot->listeners.push_back(
        listener_stats({status, config == sources_.config.listeners.end() ? nullptr : &*config,
                        view == listeners.end() ? nullptr : &*view, views, admin, routes_},
                       now));
  }
  snapshot->history = history_stats(sources_.driver.history().facts());
  auto charts = std::make_shared<Charts>();
  charts->end = wall_now;
  snapshot->charts = std::move(charts);
  return snapshot;
}

}  // namespace tamada::router
