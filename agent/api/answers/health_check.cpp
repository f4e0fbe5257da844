#include "agent/api/answers/health_check.h"

#include <algorithm>
#include <limits>
#include <set>

#include "agent/api/answers/setting_number.h"
#include "agent/api/answers/status_json.h"

namespace tamada::agent {
namespace {

using patroni::NodeRole;

struct Codes {
  bool leader = false;
  bool primary = false;
  bool standby_leader = false;
  bool replica = false;

  [[nodiscard]] bool leads() const { return primary || standby_leader; }
};

bool is_lagging(const NodeNow& node, const QueryFields& query) {
  const auto text = query_value(query, "lag");
  const auto allowed = text ? setting_number(*text, BaseUnit::bytes) : std::nullopt;
  if (!allowed) return false;  // no limit, also where it cannot be read
  const std::uint64_t end = node.leader_end();
  if (end == 0) return false;
  // In two steps, since the sum could pass 64 bits.
  const std::uint64_t behind = end > node.replayed() ? end - node.replayed() : 0;
  if (*allowed < 0) return end + static_cast<std::uint64_t>(-*allowed) > node.replayed();
  return behind > static_cast<std::uint64_t>(*allowed);
}

bool is_fit_replica(const NodeNow& node, const QueryFields& query) {
  if (node.snapshot->tags.noloadbalance || is_lagging(node, query)) return false;
  // It shows rows that the cluster does not have, and gets none of those that it has.
  if (node.snapshot->has_diverged) return false;
  if (node.role != NodeRole::replica || !node.is_running()) return false;
  const auto wanted = query_value(query, "replication_state");
  return !wanted || (node.facts != nullptr && *wanted == word_of(node.facts->replication_state));
}

Codes codes_of(const NodeNow& node, const QueryFields& query, PrimaryMeans means) {
  const ClusterSettings& settings = node.snapshot->settings;
  const bool writes =
      means == PrimaryMeans::holds_lock || (node.facts != nullptr && node.facts->takes_writes);
  Codes codes;
  codes.replica = is_fit_replica(node, query);
  if (node.cluster == nullptr && settings.paused) {
    // Nobody knows the cluster, and nothing is changed in pause: each node goes on as what it is.
    codes.leader = node.role == NodeRole::primary || node.role == NodeRole::standby_leader;
    codes.primary = node.role == NodeRole::primary && writes;
    codes.standby_leader = node.role == NodeRole::standby_leader;
  } else if (node.holds_lock && settings.standby_cluster) {
    codes.leader = true;
    codes.standby_leader = node.role == NodeRole::replica || node.role == NodeRole::standby_leader;
    codes.replica = false;
  } else if (node.holds_lock) {
    codes.leader = true;
    codes.primary = means == PrimaryMeans::holds_lock || node.is_writable_leader();
  }
  return codes;
}

// The checks that need to know the cluster.
bool is_synchronous_check(const NodeNow& node, std::string_view path, const Codes& codes) {
  const bool sync = node.is_sync_standby && codes.replica;
  const bool quorum = node.is_quorum_standby && codes.replica;
  if (path == "/sync" || path == "/synchronous") return sync;
  if (path == "/quorum") return quorum;
  if (path == "/async" || path == "/asynchronous") {
    return codes.replica && !node.is_sync_standby && !node.is_quorum_standby;
  }
  if (path == "/read-only-quorum") return codes.leads() || quorum;
  if (path == "/read-only-sync" || path == "/read-only-synchronous") return codes.leads() || sync;
  return false;
}

// Every ?tag_NAME=VALUE has its tag.
bool has_tags(const NodeNow& node, const QueryFields& query) {
  constexpr std::string_view prefix = "tag_";
  std::set<std::string_view> seen;  // of a name that is given twice the first value counts
  return std::all_of(query.begin(), query.end(), [&](const auto& field) {
    const auto& [name, value] = field;
    if (!name.starts_with(prefix) || value.empty() || !seen.insert(name).second) return true;
    return node.snapshot->tags.has(std::string_view(name).substr(prefix.size()), value);
  });
}

}  // namespace

std::optional<std::string_view> query_value(const QueryFields& query, std::string_view name) {
  for (const auto& [key, value] : query) {
    if (key == name && !value.empty()) return value;
  }
  return std::nullopt;
}

int health_status(const NodeNow& node, std::string_view path, const QueryFields& query, PrimaryMeans means) {
  const Codes codes = codes_of(node, query, means);
  const auto has = [&](std::string_view word) { return path.find(word) != std::string_view::npos; };
  const auto status = [](bool good) { return good ? 200 : 503; };

  // Patroni looks for these words anywhere in the path, in this order; tags count only from here on.
  if (has("standby_leader") || has("standby-leader")) return status(codes.standby_leader);
  if (has("leader")) return status(codes.leader);
  if (path == "/" || has("master") || has("primary") || has("read-write")) return status(codes.primary);
  bool good = false;
  if (has("replica")) {
    good = codes.replica;
  } else if (has("read-only") && !has("sync") && !has("quorum")) {
    good = codes.leads() || codes.replica;
  } else if (has("health")) {
    good = node.is_running();
  } else if (node.cluster != nullptr) {
    good = is_synchronous_check(node, path, codes);
  }
  return status(good && has_tags(node, query));
}

}  // namespace tamada::agent
