#include "router/control/stats_collector.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/loop/clock.h"
#include "router/control/process_stats.h"
#include "router/control/snapshot_parts.h"

namespace tamada::router {
namespace {

constexpr Duration sample_every = 1s;

}  // namespace

StatsCollector::StatsCollector(loop::Loop& loop, loop::SideThread& side, EventLog& log,
                               const StatsSources& sources, std::uint32_t workers, TimePoint started)
    : sources_(sources),
      workers_(workers),
      started_(started),
      leadership_(started),
      failovers_(side, log, [this] { return totals(); }),
      second_(loop, [this] { on_second(); }) {}

void StatsCollector::start() {
  on_second();
  second_.start_repeating(sample_every);
}

// ---- what happens

FailoverLog::At StatsCollector::at(TimePoint moment) {
  const Duration ago = loop::boot_now() - moment;
  return {moment, std::chrono::system_clock::now() - std::chrono::duration_cast<WallTime::duration>(ago)};
}

void StatsCollector::on_turn(TimePoint now) {
  leadership_.look(sources_.driver.view().leader_id(), now);
  failovers_.log().claims(sources_.driver.view().claimants(loop::boot_now()), at(now));
}

void StatsCollector::on_fact(const Fact& fact, TimePoint now) {
  failovers_.log().hear(fact, sources_.driver.view().leader(), at(now));
  failovers_.keep();
}

void StatsCollector::on_answer(const PollAnswer& answer, TimePoint now) {
  checks_.hear(answer, now);
  failovers_.log().hear(answer, at(now));
  note_address(answer.node, now);
}

void StatsCollector::on_table(const RoutingTable& table, TimePoint now) {
  const std::vector<NodeId> watched = sources_.driver.view().node_ids();
  routes_.apply(table, watched, now);
  forget_gone(watched);
}

void StatsCollector::on_first_start(NodeId node, TimePoint when) {
  failovers_.log().first_session(node, at(when));
  failovers_.keep();
}

void StatsCollector::on_second() {
  const TimePoint now = loop::boot_now();
  std::vector<ListenerSample> samples;
  for (const ListenerStatus& status : sources_.pool.status()) samples.push_back(sample_of(status));
  charts_.sample(samples, now);
  failovers_.log().tick(at(now));
  failovers_.keep();
  failovers_.retry();
  sources_.admin.retry();
}

FailoverTotals StatsCollector::totals() const {
  FailoverTotals all;
  for (const ListenerStatus& status : sources_.pool.status()) {
    const auto listener = std::find_if(sources_.config.listeners.begin(), sources_.config.listeners.end(),
                                       [&](const ListenerConfig& one) { return one.policy.id == status.id; });
    if (listener == sources_.config.listeners.end() || !listener->policy.is_write()) continue;
    all.waited += status.totals.held;
    all.cut += status.totals.cut;
    all.failed += status.totals.refused;
  }
  return all;
}

// Where sessions go, as the view has it now.
void StatsCollector::note_address(NodeId node, TimePoint now) {
  const Address address = sources_.driver.view().address_of(node);
  if (!address.is_set()) return;
  const auto [known, is_new] = addresses_.try_emplace(node, KnownAddress{address, now, {}});
  if (is_new || known->second.address == address) return;
  known->second = {address, now, known->second.address.to_string()};
}

void StatsCollector::forget_gone(const std::vector<NodeId>& watched) {
  const std::set<NodeId> present(watched.begin(), watched.end());
  std::erase_if(addresses_, [&](const auto& known) { return !present.contains(known.first); });
  checks_.keep(present);
}

// ---- what is asked

ProcessStats StatsCollector::process() const {
  ProcessStats stats;
  fill_process(stats, sources_.config);
  stats.workers = workers_;
  stats.started = started_;
  stats.listening = sources_.pool.is_listening();
  stats.stopping = stopping_;
  stats.log_dropped = sources_.log.dropped();
  return stats;
}

LeadershipStats StatsCollector::leadership(const LeaderView& leader, const std::vector<NodeView>& views,
                                           TimePoint now) const {
  LeadershipStats stats;
  stats.changes = leadership_.changes();
  stats.confirmations = leadership_.confirmations();
  stats.without_leader = leadership_.without_leader(now);
  stats.none_since = leadership_.none_since();
  for (const NodeView& view : views) {
    if (leader.node.is_set() && view.id == leader.node) stats.timeline = view.timeline;
  }
  return stats;
}

std::vector<NodeStats> StatsCollector::nodes(const std::vector<NodeView>& views, TimePoint now,
                                             WallTime wall_now) const {
  std::vector<NodeStats> all;
  for (const NodeView& view : views) {
    NodeStats node;
    node.view = view;
    node.check = checks_.of(view.id);
    node.check.silences = view.silences;
    node.check.fall = sources_.config.checks.fall;
    const NodeAdmin admin = sources_.admin.states().of(view.configured_name);
    node.admin = admin.all;
    node.admin_by = admin.request.by;
    if (admin.request.since) {
      node.admin_since = now + std::chrono::duration_cast<Duration>(*admin.request.since - wall_now);
    }
    node.address_by_hand = sources_.by_hand.contains(view.id);
    node.lag_time = view.lag_time;
    node.patroni_version = view.patroni_version;
    node.server_version = view.server_version;
    node.pending_restart = view.pending_restart;
    if (const auto known = addresses_.find(view.id); known != addresses_.end()) {
      node.address_since = known->second.since;
      node.address_before = known->second.before;
    }
    all.push_back(std::move(node));
  }
  return all;
}

std::vector<ListenerStats> StatsCollector::listeners(const std::vector<NodeView>& views,
                                                     TimePoint now) const {
  std::vector<NodeAdmin> admin;
  for (const NodeView& view : views) admin.push_back(sources_.admin.states().of(view.configured_name));
  const std::vector<ListenerView> shown = sources_.driver.view().listeners(loop::boot_now());
  std::vector<ListenerStatus> statuses = sources_.pool.status();
  sources_.pool.subtract_cleared(statuses);
  std::vector<ListenerStats> all;
  for (const ListenerStatus& status : statuses) {
    const auto config = std::find_if(sources_.config.listeners.begin(), sources_.config.listeners.end(),
                                     [&](const ListenerConfig& one) { return one.policy.id == status.id; });
    const auto view = std::find_if(shown.begin(), shown.end(),
                                   [&](const ListenerView& one) { return one.listener == status.id; });
    const ListenerParts parts{status,
                              config == sources_.config.listeners.end() ? nullptr : &*config,
                              view == shown.end() ? nullptr : &*view,
                              views,
                              admin,
                              routes_,
                              charts_};
    all.push_back(listener_stats(parts, now));
  }
  return all;
}

// The same value for all snapshots until there is a new point.
std::shared_ptr<const Charts> StatsCollector::charts(const std::vector<ListenerStats>& listeners,
                                                     TimePoint now, WallTime wall_now) {
  if (charts_made_ != nullptr && charts_made_for_ == charts_.end()) return charts_made_;
  auto made = std::make_shared<Charts>();
  made->end = wall_now;
  if (charts_.end()) made->end -= std::chrono::duration_cast<WallTime::duration>(now - *charts_.end());
  for (const ListenerStats& listener : listeners) {
    made->listeners.push_back({listener.id, listener.name, charts_.points(listener.id)});
  }
  charts_made_for_ = charts_.end();
  charts_made_ = std::move(made);
  return charts_made_;
}

StatsSnapshotPtr StatsCollector::snapshot(TimePoint now, WallTime wall_now) {
  auto snapshot = std::make_shared<StatsSnapshot>();
  snapshot->now = now;
  snapshot->wall_now = wall_now;
  snapshot->number = ++number_;
  snapshot->process = process();
  snapshot->config = sources_.record.stats();
  snapshot->cluster_name = sources_.config.cluster.name;
  snapshot->system_id = sources_.driver.view().system_id();
  snapshot->paused = sources_.driver.view().is_paused();

  const std::vector<NodeView> views = sources_.driver.view().nodes(loop::boot_now());
  snapshot->leader = sources_.driver.view().leader();
  snapshot->leadership = leadership(snapshot->leader, views, now);
  Evidence evidence = sources_.driver.view().evidence(loop::boot_now());
  snapshot->leadership.evidence = std::move(evidence.sentences);
  snapshot->disagreements = std::move(evidence.disagreements);
  snapshot->etcd = sources_.driver.etcd_status();
  snapshot->nodes = nodes(views, now, wall_now);
  snapshot->listeners = listeners(views, now);
  snapshot->failovers = failovers_.log().records(now);
  snapshot->history = history_stats(sources_.driver.history().facts());
  snapshot->charts = charts(snapshot->listeners, now, wall_now);
  return snapshot;
}

}  // namespace tamada::router
