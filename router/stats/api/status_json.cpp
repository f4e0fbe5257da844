#include "router/stats/api/status_json.h"

#include <fmt/format.h>

#include <ctime>
#include <utility>

#include "router/stats/api/json_values.h"
#include "router/stats/words.h"

namespace tamada::router {
namespace {

using api::Json;
using api::or_null;

std::int64_t seconds(Duration span) {
  return std::chrono::duration_cast<std::chrono::seconds>(span).count();
}

// "2026-01-31T12:34:56.789Z"
std::string iso_time(WallTime at) {
  const auto since = std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch());
  const std::time_t whole = std::chrono::floor<std::chrono::seconds>(since).count();
  std::tm parts{};
  gmtime_r(&whole, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     (since - std::chrono::seconds(whole)).count());
}

Json config_json(const ConfigStats& config) {
  std::string errors;
  for (const std::string& error : config.errors) errors += (errors.empty() ? "" : "\n") + error;
  return {{"file", config.file},
          {"generation", config.generation},
          {"error", errors.empty() ? Json(nullptr) : Json(errors)}};
}

Json leader_json(const StatsSnapshot& snapshot) {
  const LeaderView& leader = snapshot.leader;
  return {
      {"node", leader.node.is_set() ? Json(leader.name) : Json(nullptr)},
      {"since_s", leader.since == TimePoint{} ? Json(nullptr) : Json(seconds(snapshot.now - leader.since))},
      {"reason", leader.reason}};
}

// Those listeners where something else was asked than for all.
Json admin_listeners(const StatsSnapshot& snapshot, std::size_t node) {
  Json states = Json::object();
  for (const ListenerStats& listener : snapshot.listeners) {
    if (node >= listener.routes.size()) continue;
    const AdminState state = listener.routes[node].admin;
    if (state != snapshot.nodes[node].admin) states[listener.name] = name_of(state);
  }
  return states;
}

Json node_json(const StatsSnapshot& snapshot, std::size_t index) {
  const NodeStats& node = snapshot.nodes[index];
  const NodeView& view = node.view;
  Json sessions = Json::object();
  for (const ListenerStats& listener : snapshot.listeners) {
    sessions[listener.name] = index < listener.routes.size() ? listener.routes[index].sessions : 0;
  }
  return {{"name", view.name},
          {"configured_name", view.configured_name},
          {"role", view.role},
          {"state", view.state},
          {"timeline", or_null(view.timeline)},
          {"lag_bytes", or_null(view.lag_bytes)},
          {"address", view.postgres.is_set() ? Json(view.postgres.to_string()) : Json(nullptr)},
          {"api", view.api_url},
          {"reason", view.reason},
          {"heard_ms", view.heard ? Json(to_ms(snapshot.now - *view.heard)) : Json(nullptr)},
          {"admin", name_of(node.admin)},
          {"admin_listeners", admin_listeners(snapshot, index)},
          {"leaving", view.leaving},
          {"sessions", std::move(sessions)}};
}

Json listener_json(const ListenerStats& listener) {
  Json totals{{"accepted", listener.accepted},
              {"denied", listener.denied},
              {"refused", listener.refused},
              {"held", listener.had_to_wait},
              {"retried", listener.retried},
              {"cut", listener.cut},
              {"cancels", listener.cancels},
              {"bad_starts", listener.bad_starts},
              {"address_limited", listener.address_limited},
              {"up_bytes", listener.up_bytes},
              {"down_bytes", listener.down_bytes}};
  return {{"name", listener.name},
          {"bind", listener.bind},
          {"to", listener.has_reserves ? std::string_view(listener.to_words) : name_of(listener.to)},
          {"sessions", listener.sessions},
          {"held", listener.held},
          {"starting", listener.starting},
          {"queued", listener.queued},
          {"paused", listener.paused},
          {"totals", std::move(totals)}};
}

Json etcd_json(const StatsSnapshot& snapshot) {
  if (!snapshot.etcd) return nullptr;
  const EtcdStats& etcd = *snapshot.etcd;
  return {{"state", name_of(etcd.state)},
          {"leader_key", or_null(etcd.leader_key)},
          {"heard_ms", etcd.heard ? Json(to_ms(snapshot.now - *etcd.heard)) : Json(nullptr)},
          {"error", etcd.error.empty() ? Json(nullptr) : Json(etcd.error)}};
}

}  // namespace

std::string status_json(const StatsSnapshot& snapshot) {
  Json nodes = Json::array();
  for (std::size_t i = 0; i < snapshot.nodes.size(); ++i) nodes.push_back(node_json(snapshot, i));
  Json listeners = Json::array();
  for (const ListenerStats& listener : snapshot.listeners) listeners.push_back(listener_json(listener));
  Json history = Json::array();
  for (const PastFactStats& fact : snapshot.history) {
    history.push_back({{"at", iso_time(fact.at)},
                       {"event", name_of(fact.kind)},
                       {"node", fact.node},
                       {"words", fact.words}});
  }
  const Json all = {{"version", snapshot.process.version},
                    {"uptime_s", seconds(snapshot.now - snapshot.process.started)},
                    {"config", config_json(snapshot.config)},
                    {"leader", leader_json(snapshot)},
                    {"nodes", std::move(nodes)},
                    {"listeners", std::move(listeners)},
                    {"etcd", etcd_json(snapshot)},
                    {"history", std::move(history)}};
  return api::text_of(all) + "\n";
}

std::optional<std::string> node_admin_json(const StatsSnapshot& snapshot, std::string_view name) {
  const auto find = [&](auto field) -> std::optional<std::size_t> {
    for (std::size_t i = 0; i < snapshot.nodes.size(); ++i) {
      if (field(snapshot.nodes[i].view) == name) return i;
    }
    return std::nullopt;
  };
  auto found = find([](const NodeView& view) { return view.configured_name; });
  if (!found) found = find([](const NodeView& view) { return view.name; });
  if (!found) return std::nullopt;
  const NodeStats& node = snapshot.nodes[*found];
  return api::text_of(Json{{"name", node.view.configured_name},
                           {"state", name_of(node.admin)},
                           {"listeners", admin_listeners(snapshot, *found)}}) +
         "\n";
}

}  // namespace tamada::router
