// Each node: how it is seen, how its check went, and what each listener has on it.
#include "router/stats/api/api_sections.h"
#include "router/stats/node_health.h"
#include "router/stats/words.h"

namespace tamada::router::api {
namespace {

Json check_json(const StatsSnapshot& snapshot, const CheckStats& check) {
  return {{"status", check.status},
          {"code", or_null(check.code)},
          {"words", check.words},
          {"took_ms", rounded(static_cast<double>(check.took.count()) / 1000, 10)},
          {"at", at(snapshot, check.at)},
          {"asked", check.asked},
          {"checks", check.checks},
          {"failures", check.failures},
          {"silences", check.silences},
          {"fall", check.fall}};
}

Json no_connection_json(const StatsSnapshot& snapshot, const std::optional<NoConnectionView>& found) {
  if (!found) return nullptr;
  return {{"since_at", at(snapshot, found->since)}, {"words", found->words}};
}

Json route_json(const StatsSnapshot& snapshot, const RouteStats& route) {
  return {{"eligible", route.eligible},
          {"drains", route.drains},
          {"backup", route.backup},
          {"spare", route.spare},
          {"why_not", route.why_not},
          {"no_connection", route.no_connection},
          {"admin", name_of(route.admin)},
          {"weight", route.weight},
          {"sessions", route.sessions},
          {"sessions_max", route.sessions_max},
          {"starting", route.starting},
          {"sessions_total", route.sessions_total},
          {"rate", route.rate},
          {"rate_max", route.rate_max},
          {"up_bytes", route.up_bytes},
          {"down_bytes", route.down_bytes},
          {"connect_errors", route.connect_errors},
          {"response_errors", route.response_errors},
          {"retried", route.retried},
          {"client_aborts", route.client_aborts},
          {"server_aborts", route.server_aborts},
          {"cut", route.cut},
          {"connect_ms", route.connect.average_ms},
          {"since_at", at_or_null(snapshot, route.since)},
          {"times_down", route.times_down},
          {"downtime_ms", ms(route.downtime)},
          {"last_session_at", at(snapshot, route.last_session)}};
}

Json listeners_of(const StatsSnapshot& snapshot, std::size_t node) {
  Json all = Json::object();
  for (const ListenerStats& listener : snapshot.listeners) {
    if (node < listener.routes.size()) all[listener.name] = route_json(snapshot, listener.routes[node]);
  }
  return all;
}

Json node_json(const StatsSnapshot& snapshot, std::size_t index) {
  const NodeStats& node = snapshot.nodes[index];
  const NodeView& view = node.view;
  return {{"name", view.name},
          {"configured_name", view.configured_name},
          {"role", view.role},
          {"state", view.state},
          {"health", name_of(health_of(snapshot, index))},
          {"timeline", or_null(view.timeline)},
          {"lag_bytes", or_null(view.lag_bytes)},
          {"lag_ms", ms(node.lag_time)},
          {"replication", view.replication},
          {"address", view.postgres.is_set() ? Json(view.postgres.to_string()) : Json(nullptr)},
          {"address_since_at", at(snapshot, node.address_since)},
          {"address_before", node.address_before},
          {"address_by_hand", node.address_by_hand},
          {"api", view.api_url},
          {"reason", view.reason},
          {"heard_at", at(snapshot, view.heard)},
          {"no_connection", no_connection_json(snapshot, view.no_connection)},
          {"check", check_json(snapshot, node.check)},
          {"admin", name_of(node.admin)},
          {"admin_by", node.admin_by},
          {"admin_since_at", at(snapshot, node.admin_since)},
          {"leaving", view.leaving},
          {"pending_restart", node.pending_restart},
          {"patroni_version", node.patroni_version},
          {"server_version", or_null(node.server_version)},
          {"listeners", listeners_of(snapshot, index)}};
}

}  // namespace

Json nodes_section(const StatsSnapshot& snapshot) {
  Json all = Json::array();
  for (std::size_t i = 0; i < snapshot.nodes.size(); ++i) all.push_back(node_json(snapshot, i));
  return all;
}

}  // namespace tamada::router::api
