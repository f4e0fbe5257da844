#include "agent/api/answers/metrics.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

namespace tamada::agent {
namespace {

using patroni::NodeRole;

// Within the quotes of a label's value.
std::string label_text(std::string_view text) {
  std::string result;
  for (const char letter : text) {
    if (letter == '\\' || letter == '"') result += '\\';
    result += letter == '\n' ? "\\n" : std::string(1, letter);
  }
  return result;
}

// "4.1.4" is 040104.
std::string version_number(std::string_view version) {
  std::string number;
  while (!version.empty()) {
    const std::size_t end = std::min(version.find('.'), version.size());
    number += fmt::format("{:0>2}", version.substr(0, end));
    version.remove_prefix(std::min(end + 1, version.size()));
  }
  return number;
}

class Metrics {
 public:
  explicit Metrics(const NodeSnapshot& snapshot)
      : labels_(fmt::format("{{scope=\"{}\",name=\"{}\"}}", label_text(snapshot.scope),
                            label_text(snapshot.name))) {}

  template <class Value>
  void gauge(std::string_view name, std::string_view help, const Value& value) {
    add(name, help, "gauge", fmt::format("{}", value));
  }
  void gauge(std::string_view name, std::string_view help, bool value) { gauge(name, help, value ? 1 : 0); }
  void counter(std::string_view name, std::string_view help, std::uint64_t value) {
    add(name, help, "counter", std::to_string(value));
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void add(std::string_view name, std::string_view help, std::string_view type, std::string_view value) {
    fmt::format_to(std::back_inserter(out_),
                   "# HELP patroni_{0} {1}\n# TYPE patroni_{0} {2}\npatroni_{0}{3} {4}\n", name, help, type,
                   labels_, value);
  }

  const std::string labels_;
  std::string out_;
};

std::string epoch_or_0(const std::optional<WallTime>& at) {
  return at ? epoch_text(*at) : "0";
}

std::string state_help() {
  std::string help = "What PostgreSQL does:";
  for (const auto& entry : patroni::server_states) help += fmt::format(" {}={}", entry.number, entry.key);
  return help + "; -1: it runs, and SQL does not answer.";
}

void add_server(Metrics& metrics, const NodeNow& node) {
  static const ServerFacts none;
  const ServerFacts& facts = node.facts == nullptr ? none : *node.facts;
  metrics.gauge("postgres_running", "1 if PostgreSQL is running, else 0.", node.is_running());
  metrics.gauge("postmaster_start_time", "When PostgreSQL was started, in seconds since 1970.",
                epoch_or_0(facts.postmaster_start_time));
  metrics.gauge("primary", "1 if this node is the primary, else 0.", node.role == NodeRole::primary);
  metrics.counter("xlog_location", "Position of the primary's WAL on its disk, 0 on others.",
                  facts.in_recovery ? 0 : facts.flushed);
  metrics.gauge("standby_leader", "1 if this node leads a standby cluster, else 0.",
                node.role == NodeRole::standby_leader);
  metrics.gauge("replica", "1 if this node is a replica, else 0.", node.role == NodeRole::replica);
  metrics.gauge("sync_standby", "1 if this node is a synchronous standby, else 0.", node.is_sync_standby);
  metrics.gauge("quorum_standby", "1 if this node is a standby of the quorum, else 0.",
                node.is_quorum_standby);
  metrics.counter("xlog_received_location", "Position that was received, 0 on a primary.", node.received());
  metrics.counter("xlog_replayed_location", "Position that was replayed, 0 on a primary.", node.replayed());
  metrics.gauge("xlog_replayed_timestamp",
                "When the last replayed transaction was committed, in seconds since 1970.",
                epoch_or_0(facts.replayed_at));
  metrics.gauge("xlog_paused", "1 if the replay of WAL is paused, else 0.", facts.replay_paused);
  if (node.facts != nullptr) {
    metrics.gauge("postgres_streaming", "1 if WAL is streamed from another node, else 0.",
                  facts.replication_state == ReplicationState::streaming);
    metrics.gauge("postgres_in_archive_recovery", "1 if WAL comes from an archive, else 0.",
                  facts.replication_state == ReplicationState::in_archive_recovery);
  }
  metrics.gauge("postgres_server_version", "Version of PostgreSQL, 150004 for 15.4; 0 if it does not answer.",
                facts.server_version);
}

}  // namespace

std::string metrics_text(const NodeNow& node) {
  const NodeSnapshot& snapshot = *node.snapshot;
  Metrics metrics(snapshot);
  metrics.gauge("version", "Version of Patroni's interface, two digits each.",
                version_number(snapshot.version));
  add_server(metrics, node);
  metrics.gauge("cluster_unlocked", "1 if nobody holds the leader key, else 0.", node.is_unlocked);
  metrics.gauge("failsafe_mode_is_active", "1 if the fail-safe mode is in use, else 0.",
                snapshot.failsafe_is_active);
  metrics.gauge("failsafe_mode_enabled", "1 if the fail-safe mode is configured, else 0.",
                snapshot.settings.failsafe_mode);
  metrics.gauge("failsafe_member", "1 if this node is listed for the fail-safe mode, else 0.",
                snapshot.failsafe && snapshot.failsafe->contains(snapshot.name));
  metrics.gauge("postgres_timeline", "Timeline of this node, 0 if PostgreSQL does not answer.",
                node.facts == nullptr ? 0 : node.facts->timeline.value_or(0));
  metrics.gauge("dcs_last_seen", "When etcd answered last, in seconds since 1970.", snapshot.dcs_last_seen);
  metrics.gauge("pending_restart", "1 if a setting waits for a restart, else 0.",
                !snapshot.pending_restart_reason.empty());
  metrics.gauge("is_paused", "1 if the cluster is in maintenance mode, else 0.", snapshot.settings.paused);
  metrics.gauge("postgres_state", state_help(), node.state ? patroni::metric_number(*node.state) : -1);
  metrics.gauge("failover_priority", "Priority of this node in a race.", snapshot.failover_priority);
  return metrics.take();
}

}  // namespace tamada::agent
