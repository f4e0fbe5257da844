// Tamada's own metrics of the process, the cluster and the nodes; those of listeners stand in
// prometheus_listeners.cpp. docs/statistics.md describes each for users.
#include <algorithm>
#include <array>
#include <chrono>

#include "router/stats/haproxy/haproxy_names.h"
#include "router/stats/metrics/prometheus.h"
#include "router/stats/metrics/prometheus_listeners.h"

namespace tamada::router {
namespace {

constexpr std::string_view prefix = "tamada_";

double seconds(Duration span) {
  return std::chrono::duration<double>(span).count();
}
double seconds(std::chrono::milliseconds span) {
  return std::chrono::duration<double>(span).count();
}
double unix_seconds(WallTime at) {
  return std::chrono::duration<double>(
             std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()))
      .count();
}

// A metric without labels. An empty one is not known: its family is there, without a sample.
template <class Value>
void add_one(MetricsText& out, std::string_view name, std::string_view type, std::string_view help,
             Value value) {
  if (out.begin(prefix, name, type, help)) out.sample({}, value);
}
template <class Value>
void add_one(MetricsText& out, std::string_view name, std::string_view type, std::string_view help,
             const std::optional<Value>& value) {
  if (out.begin(prefix, name, type, help) && value) out.sample({}, *value);
}

void add_process(MetricsText& out, const StatsSnapshot& snapshot) {
  const ProcessStats& process = snapshot.process;
  if (out.begin(prefix, "build_info", "gauge", "Always 1; the label says which version runs.")) {
    out.sample({{"version", process.version}}, std::uint64_t{1});
  }
  add_one(out, "process_start_time_seconds", "gauge", "When the router was started, in seconds since 1970.",
          unix_seconds(snapshot.wall(process.started)));
  add_one(out, "process_cpu_seconds_total", "counter", "Processor time used, of user and system.",
          process.cpu_s);
  add_one(out, "process_resident_memory_bytes", "gauge", "Memory in use.", process.resident_bytes);
  add_one(out, "process_max_fds", "gauge", "How many files and sockets may be open at a time.",
          process.descriptors);
  add_one(out, "max_clients", "gauge", "How many client connections fit.", process.clients_max);
  add_one(out, "workers", "gauge", "Threads that carry sessions.", process.workers);
  add_one(out, "listening", "gauge", "1 while the listeners are open.", process.listening);
  add_one(out, "stopping", "gauge", "1 while the router is being stopped.", process.stopping);
  add_one(out, "log_lines_dropped_total", "counter", "Log lines lost because nobody took them in time.",
          process.log_dropped);
}

void add_configuration(MetricsText& out, const ConfigStats& config) {
  add_one(out, "config_error", "gauge",
          "1 if the newest configuration was refused; the one before it is in force.",
          !config.errors.empty());
  add_one(out, "config_generation", "gauge", "Counts the configurations that were put in force.",
          config.generation);
  add_one(out, "config_read_timestamp_seconds", "gauge",
          "When the configuration in force was read, in seconds since 1970.", unix_seconds(config.read_at));
  add_one(out, "config_refused_timestamp_seconds", "gauge",
          "When a configuration was last refused, in seconds since 1970.",
          config.refused_at ? std::optional(unix_seconds(*config.refused_at)) : std::nullopt);
}

// The name that a node has in all other metrics.
std::string_view label_of(const StatsSnapshot& snapshot, const std::vector<std::string>& names, NodeId id) {
  for (std::size_t i = 0; i < snapshot.nodes.size(); ++i) {
    if (snapshot.nodes[i].view.id == id) return names[i];
  }
  return {};
}

void add_leader(MetricsText& out, const StatsSnapshot& snapshot, const std::vector<std::string>& names) {
  const LeadershipStats& leadership = snapshot.leadership;
  const bool known = snapshot.leader.node.is_set();
  if (out.begin(prefix, "cluster_info", "gauge", "Always 1; the labels say which cluster this is.")) {
    out.sample({{"cluster", snapshot.cluster_name}, {"system_id", snapshot.system_id}}, std::uint64_t{1});
  }
  add_one(out, "cluster_paused", "gauge", "1 while Patroni is in maintenance mode, as last known.",
          snapshot.paused);
  add_one(out, "leader_known", "gauge", "1 while a leader is confirmed and gets writes.", known);
  if (out.begin(prefix, "leader_info", "gauge", "1 for the node that leads; no series while nobody does.") &&
      known) {
    const std::string_view label = label_of(snapshot, names, snapshot.leader.node);
    out.sample({{"node", label.empty() ? std::string_view(snapshot.leader.name) : label},
                {"name", snapshot.leader.name}},
               std::uint64_t{1});
  }
  add_one(out, "leader_changes_total", "counter",
          "Times that another node than the last leader was confirmed.", leadership.changes);
  add_one(out, "leader_confirmations_total", "counter",
          "Times that a leader was confirmed, the same one included.", leadership.confirmations);
  add_one(out, "without_leader_seconds_total", "counter",
          "Time without a confirmed leader since the start, the present stretch included.",
          seconds(leadership.without_leader));
  add_one(out, "without_leader_seconds", "gauge", "How long nobody has led by now; 0 while somebody does.",
          leadership.none_since ? seconds(snapshot.now - *leadership.none_since) : 0.0);
  add_one(out, "timeline", "gauge", "The leader's timeline.", leadership.timeline);
}

void add_disagreements(MetricsText& out, const StatsSnapshot& snapshot) {
  // Those that are known are always there, so that an alert sees them go from 0 to 1.
  constexpr std::array<std::string_view, 6> kinds{"two-claims",   "leader-key", "contradicted",
                                                  "other-system", "identity",   "veto"};
  if (!out.begin(prefix, "disagreements", "gauge", "Things on which the witnesses differ now, by kind."))
    return;
  for (const std::string_view kind : kinds) {
    const auto count = std::count_if(snapshot.disagreements.begin(), snapshot.disagreements.end(),
                                     [&](const Disagreement& found) { return found.kind == kind; });
    out.sample({{"kind", kind}}, static_cast<std::uint64_t>(count));
  }
  const auto others = std::count_if(snapshot.disagreements.begin(), snapshot.disagreements.end(),
                                    [&](const Disagreement& found) {
                                      return std::find(kinds.begin(), kinds.end(), found.kind) == kinds.end();
                                    });
  out.sample({{"kind", "other"}}, static_cast<std::uint64_t>(others));
}

void add_failovers(MetricsText& out, const StatsSnapshot& snapshot) {
  const std::vector<Failover>& failovers = snapshot.failovers;
  const auto last = std::find_if(failovers.begin(), failovers.end(),
                                 [](const Failover& failover) { return failover.is_over(); });
  const bool any = last != failovers.end();
  add_one(out, "failovers_total", "counter", "Stretches in which writes stood still, planned ones included.",
          failovers.empty() ? std::uint64_t{0} : failovers.front().number);
  add_one(out, "failover_running", "gauge", "1 while writes stand still.",
          !failovers.empty() && !failovers.front().is_over());
  add_one(out, "last_failover_duration_seconds", "gauge",
          "How long writes stood still in the last fail-over.",
          any ? std::optional(seconds(*last->stood_still)) : std::nullopt);
  add_one(out, "last_failover_timestamp_seconds", "gauge",
          "When writes stopped in the last fail-over, in seconds since 1970.",
          any && last->leader_gone ? std::optional(unix_seconds(*last->leader_gone)) : std::nullopt);
  add_one(out, "last_failover_planned", "gauge", "1 if the last fail-over was announced beforehand.",
          any ? std::optional(last->planned) : std::nullopt);
  if (out.begin(prefix, "last_failover_clients", "gauge",
                "Clients of write listeners in the last fail-over, by what became of them.") &&
      any) {
    out.sample({{"result", "waited"}}, last->waited);
    out.sample({{"result", "cut"}}, last->cut);
    out.sample({{"result", "failed"}}, last->failed);
  }
}

void add_etcd(MetricsText& out, const StatsSnapshot& snapshot) {
  const std::optional<EtcdStats>& etcd = snapshot.etcd;
  add_one(out, "etcd_connected", "gauge", "1 while etcd answers; no series where etcd is not configured.",
          etcd ? std::optional(etcd->state == EtcdState::connected) : std::nullopt);
  add_one(out, "etcd_silence_seconds", "gauge", "How long etcd has not been heard of.",
          etcd && etcd->heard ? std::optional(seconds(snapshot.now - *etcd->heard)) : std::nullopt);
  if (out.begin(prefix, "etcd_leader_key_info", "gauge",
                "1 for the name that holds the leader key in etcd.") &&
      etcd && etcd->leader_key) {
    out.sample({{"name", *etcd->leader_key}}, std::uint64_t{1});
  }
}

// A number of each node; unset: no series for this node.
struct NodeMetric {
  std::string_view name;
  std::string_view type;
  std::string_view help;
  std::optional<double> (*value)(const StatsSnapshot&, const NodeStats&);
};

std::optional<double> flag(bool value) {
  return value ? 1.0 : 0.0;
}
template <class Number>
std::optional<double> maybe(const std::optional<Number>& value) {
  return value ? std::optional(static_cast<double>(*value)) : std::nullopt;
}

const std::array<NodeMetric, 12> node_metrics{{
    {"node_up", "gauge", "1 if the node's REST API answered the last time it was asked.",
     [](const StatsSnapshot&, const NodeStats& node) {
       return flag(node.check.status == "L7OK" || node.check.status == "L7OKC" ||
                   node.check.status == "L7STS");
     }},
    {"node_no_connection", "gauge",
     "1 if sessions could not connect to the node's PostgreSQL, and a probe neither.",
     [](const StatsSnapshot&, const NodeStats& node) { return flag(node.view.no_connection.has_value()); }},
    {"node_timeline", "gauge", "The node's timeline.",
     [](const StatsSnapshot&, const NodeStats& node) { return maybe(node.view.timeline); }},
    {"node_lag_bytes", "gauge", "How far the replica is behind the leader.",
     [](const StatsSnapshot&, const NodeStats& node) { return maybe(node.view.lag_bytes); }},
    {"node_lag_seconds", "gauge", "How long ago the leader was where the replica is now.",
     [](const StatsSnapshot&, const NodeStats& node) {
       return node.lag_time ? std::optional(seconds(*node.lag_time)) : std::nullopt;
     }},
    {"node_streaming", "gauge", "1 if the node gets the WAL as a stream, 0 if not; absent if not known.",
     [](const StatsSnapshot&, const NodeStats& node) {
       return node.view.replication.empty() ? std::nullopt : flag(node.view.replication == "streaming");
     }},
    {"node_silence_seconds", "gauge", "How old the node's newest answer is.",
     [](const StatsSnapshot& snapshot, const NodeStats& node) {
       return node.view.heard ? std::optional(seconds(snapshot.now - *node.view.heard)) : std::nullopt;
     }},
    {"node_silences", "gauge", "Checks in a row that nothing usable came back from.",
     [](const StatsSnapshot&, const NodeStats& node) { return std::optional<double>(node.check.silences); }},
    {"node_checks_total", "counter", "Times that the node's REST API was asked.",
     [](const StatsSnapshot&, const NodeStats& node) {
       return std::optional(static_cast<double>(node.check.checks));
     }},
    {"node_check_failures_total", "counter", "Checks that nothing usable came back from.",
     [](const StatsSnapshot&, const NodeStats& node) {
       return std::optional(static_cast<double>(node.check.failures));
     }},
    {"node_pending_restart", "gauge", "1 if PostgreSQL must be restarted for a setting to take effect.",
     [](const StatsSnapshot&, const NodeStats& node) { return flag(node.pending_restart); }},
    {"node_leaving", "gauge", "1 for a node that was taken out and still has sessions.",
     [](const StatsSnapshot&, const NodeStats& node) { return flag(node.view.leaving); }},
}};

void add_nodes(MetricsText& out, const StatsSnapshot& snapshot, const std::vector<std::string>& names) {
  if (out.begin(prefix, "node_info", "gauge", "Always 1; the labels say what the node is seen as.")) {
    for (std::size_t i = 0; i < snapshot.nodes.size(); ++i) {
      const NodeStats& node = snapshot.nodes[i];
      const NodeView& view = node.view;
      out.sample({{"node", names[i]},
                  {"name", view.name},
                  {"role", view.role},
                  {"state", view.state},
                  {"address", view.postgres.is_set() ? view.postgres.to_string() : ""},
                  {"patroni", node.patroni_version},
                  {"postgres", node.server_version == 0 ? "" : std::to_string(node.server_version)}},
                 std::uint64_t{1});
    }
  }
  std::vector<Labels> labels;
  for (const std::string& name : names) labels.push_back({{"node", name}});
  for (const NodeMetric& metric : node_metrics) {
    if (!out.begin(prefix, metric.name, metric.type, metric.help)) continue;
    for (std::size_t i = 0; i < snapshot.nodes.size(); ++i) {
      if (const std::optional<double> value = metric.value(snapshot, snapshot.nodes[i]))
        out.sample(labels[i], *value);
    }
  }
  if (out.begin(prefix, "node_admin", "gauge",
                "1 for what was asked of the node by hand, for all listeners.")) {
    for (std::size_t i = 0; i < snapshot.nodes.size(); ++i) {
      const AdminState admin = snapshot.nodes[i].admin;
      out.state(labels[i], "ready", admin == AdminState::ready ? 1 : 0);
      out.state(labels[i], "drain", admin == AdminState::drain ? 1 : 0);
      out.state(labels[i], "maintenance", admin == AdminState::maintenance ? 1 : 0);
    }
  }
  if (out.begin(prefix, "node_check_duration_seconds", "histogram",
                "How long the node's REST API took to answer.")) {
    for (std::size_t i = 0; i < snapshot.nodes.size(); ++i) {
      const auto& durations = snapshot.nodes[i].check.durations;
      out.histogram(labels[i], check_bounds, durations.counts, durations.sum_s);
    }
  }
}

}  // namespace

void add_tamada_metrics(MetricsText& out, const StatsSnapshot& snapshot) {
  const std::vector<std::string> names = server_names(snapshot);
  add_process(out, snapshot);
  add_configuration(out, snapshot.config);
  add_leader(out, snapshot, names);
  add_disagreements(out, snapshot);
  add_failovers(out, snapshot);
  add_etcd(out, snapshot);
  add_nodes(out, snapshot, names);
  add_listener_metrics(out, snapshot, names);
}

}  // namespace tamada::router
