#include "router/shell/status_report.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace tamada::router {
namespace {

using Json = nlohmann::ordered_json;

std::int64_t seconds(Duration span) {
  return std::chrono::duration_cast<std::chrono::seconds>(span).count();
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json leader_json(const LeaderView& leader, TimePoint now) {
  const bool known = leader.node.is_set();
  return {{"node", known ? Json(leader.name) : Json(nullptr)},
          {"since_s", leader.since == TimePoint{} ? Json(nullptr) : Json(seconds(now - leader.since))},
          {"reason", leader.reason}};
}

Json node_json(const NodeView& node, const NodeAdmin& admin, const std::vector<ListenerStatus>& listeners,
               TimePoint now) {
  Json sessions = Json::object();
  for (const ListenerStatus& listener : listeners) {
    std::uint32_t count = 0;
    for (const auto& [id, here] : listener.sessions_on) count += id == node.id ? here : 0;
    sessions[listener.name] = count;
  }
  Json by_listener = Json::object();
  for (const auto& [listener, state] : admin.listeners) by_listener[listener] = name_of(state);
  return {{"name", node.name},
          {"configured_name", node.configured_name},
          {"role", node.role},
          {"state", node.state},
          {"timeline", or_null(node.timeline)},
          {"lag_bytes", or_null(node.lag_bytes)},
          {"address", node.postgres.is_set() ? Json(node.postgres.to_string()) : Json(nullptr)},
          {"api", node.api_url},
          {"reason", node.reason},
          {"heard_ms", node.heard ? Json(to_ms(now - *node.heard)) : Json(nullptr)},
          {"admin", name_of(admin.all)},
          {"admin_listeners", std::move(by_listener)},
          {"leaving", node.leaving},
          {"sessions", std::move(sessions)}};
}

Json totals_json(const ListenerTotals& totals) {
  return {{"accepted", totals.accepted}, {"denied", totals.denied},
          {"refused", totals.refused},   {"held", totals.held},
          {"retried", totals.retried},   {"cut", totals.cut},
          {"cancels", totals.cancels},   {"bad_starts", totals.bad_starts},
          {"up_bytes", totals.up_bytes}, {"down_bytes", totals.down_bytes}};
}

Json listener_json(const ListenerStatus& listener, Target to) {
  return {
      {"name", listener.name},         {"bind", listener.bind},     {"to", name_of(to)},
      {"sessions", listener.sessions}, {"held", listener.held},     {"starting", listener.starting},
      {"queued", listener.queued},     {"paused", listener.paused}, {"totals", totals_json(listener.totals)}};
}

Json etcd_json(const EtcdStatus& etcd) {
  return {{"state", etcd.state},
          {"leader_key", or_null(etcd.leader_key)},
          {"heard_ms", etcd.heard ? Json(to_ms(*etcd.heard)) : Json(nullptr)},
          {"error", etcd.error.empty() ? Json(nullptr) : Json(etcd.error)}};
}

}  // namespace

std::string to_json(const StatusReport& report, TimePoint now) {
  Json nodes = Json::array();
  for (std::size_t i = 0; i < report.nodes.size(); ++i) {
    const NodeAdmin admin = i < report.admin.size() ? report.admin[i] : NodeAdmin{};
    nodes.push_back(node_json(report.nodes[i], admin, report.listeners, now));
  }
  Json listeners = Json::array();
  for (std::size_t i = 0; i < report.listeners.size(); ++i) {
    const Target to = i < report.targets.size() ? report.targets[i] : Target::leader;
    listeners.push_back(listener_json(report.listeners[i], to));
  }
  Json history = Json::array();
  if (report.history != nullptr) {
    for (const PastFact& fact : report.history->facts()) {
      history.push_back(
          {{"at", iso_time(fact.at)}, {"event", fact.event}, {"node", fact.node}, {"words", fact.words}});
    }
  }
  const Json all = {{"version", report.version},
                    {"uptime_s", seconds(report.uptime)},
                    {"config",
                     {{"file", report.config_file},
                      {"generation", report.config_generation},
                      {"error", or_null(report.config_error)}}},
                    {"leader", leader_json(report.leader, now)},
                    {"nodes", std::move(nodes)},
                    {"listeners", std::move(listeners)},
                    {"etcd", report.etcd ? etcd_json(*report.etcd) : Json(nullptr)},
                    {"history", std::move(history)}};
  return all.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tamada::router
