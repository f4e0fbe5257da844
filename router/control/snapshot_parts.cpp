#include "router/control/snapshot_parts.h"

#include <algorithm>

#include "router/stats/words.h"

namespace tamada::router {
namespace {

std::string words_of(const ListenerPolicy& policy) {
  std::string words;
  for (const Preference& entry : policy.preferences()) {
    if (!words.empty()) words += ", ";
    words += name_of(entry.to);
    if (entry.to == Target::tag) words += ":" + entry.tag_key + "=" + entry.tag_value;
  }
  return words;
}

AdminState state_on(const NodeAdmin& admin, const std::string& listener) {
  const auto own = admin.listeners.find(listener);
  return own == admin.listeners.end() ? admin.all : own->second;
}

void take_policy(ListenerStats& stats, const ListenerPolicy& policy) {
  stats.to = policy.to;
  stats.has_reserves = !policy.reserves.empty();
  stats.to_words = words_of(policy);
  stats.balance = policy.balance;
  stats.max_connections = policy.max_connections;
  stats.node_max_connections = policy.node_max_connections;
  stats.max_held = policy.max_held;
}

void take_status(ListenerStats& stats, const ListenerStatus& status) {
  stats.id = status.id;
  stats.name = status.name;
  stats.bind = status.bind;
  stats.configured = status.configured;
  stats.paused = status.paused;
  stats.sessions = status.sessions;
  stats.sessions_max = status.sessions_max;
  stats.starting = status.starting;
  stats.held = status.held;
  stats.queued = status.queued;
  stats.arriving = status.arriving;
  stats.waiting_max = status.waiting_max;
  stats.oldest_wait = status.oldest_wait;
  stats.longest_wait = status.longest_wait;
  stats.accepted = status.totals.accepted;
  stats.denied = status.totals.denied;
  stats.refused = status.totals.refused;
  stats.had_to_wait = status.totals.held;
  stats.retried = status.totals.retried;
  stats.cut = status.totals.cut;
  stats.cancels = status.totals.cancels;
  stats.bad_starts = status.totals.bad_starts;
  stats.address_limited = status.totals.address_limited;
  stats.up_bytes = status.totals.up_bytes;
  stats.down_bytes = status.totals.down_bytes;
  stats.waits = status.totals.waits;
}

void take_status(RouteStats& stats, const RouteStatus& status) {
  const RouteTotals& totals = status.totals;
  stats.weight = status.weight;
  stats.sessions = status.sessions;
  stats.sessions_max = status.sessions_max;
  stats.starting = status.starting;
  stats.sessions_total = totals.sessions_total;
  stats.granted = totals.granted;
  stats.up_bytes = totals.up_bytes;
  stats.down_bytes = totals.down_bytes;
  stats.connect_errors = totals.connect_errors;
  stats.response_errors = totals.response_errors;
  stats.retried = totals.retried;
  stats.client_aborts = totals.client_aborts;
  stats.server_aborts = totals.server_aborts;
  stats.cut = totals.cut;
  stats.wait = totals.wait.stats();
  stats.connect = totals.connect.stats();
  stats.first_answer = totals.first_answer.stats();
  stats.session = totals.session.stats();
  stats.last_session = status.last_session;
}

RouteStats route_stats(const ListenerParts& parts, std::size_t index, TimePoint now) {
  const ListenerStatus& status = parts.status;
  RouteStats route;
  route.node = parts.nodes[index].id;
  route.admin = state_on(parts.admin[index], status.name);
  for (const RouteStatus& here : status.routes) {
    if (here.node == route.node) take_status(route, here);
  }
  const RouteRates rates = parts.charts.rates(status.id, route.node);
  route.rate = rates.rate;
  route.rate_max = rates.rate_max;
  const RouteState state = parts.routes.of(status.id, route.node, now);
  const std::vector<RouteView> none;
  const std::vector<RouteView>& views = parts.view == nullptr ? none : parts.view->nodes;
  const auto view =
      std::find_if(views.begin(), views.end(), [&](const RouteView& one) { return one.node == route.node; });
  route.backup = view != views.end() && view->backup;
  route.eligible = parts.view != nullptr && state.eligible;
  route.since = state.since;
  route.times_down = state.times_down;
  route.downtime = state.downtime;
  if (route.eligible && route.weight > 0) return route;
  if (route.eligible) {
    route.eligible = false;
    route.drains = true;
    route.why_not = "has weight 0";
    return route;
  }
  if (parts.view == nullptr) {
    route.why_not = "the listener was taken out of the configuration";
    return route;
  }
  if (view != views.end()) {
    route.drains = view->drains;
    route.lags = view->lags;
    route.no_connection = view->no_connection;
    route.spare = view->spare && route.weight > 0;
    route.why_not = view->why_not;
  }
  const std::string& by = parts.admin[index].request.by;
  if (!by.empty() && route.admin == AdminState::drain && route.drains) route.why_not = "is drained by " + by;
  if (!by.empty() && route.admin == AdminState::maintenance) route.why_not = "is in maintenance by " + by;
  // Fit by itself, and held back all the same: an announced switchover, workers that still close sessions.
  if (route.why_not.empty()) route.why_not = parts.view->why_none;
  return route;
}

}  // namespace

ListenerStats listener_stats(const ListenerParts& parts, TimePoint now) {
  ListenerStats stats;
  take_status(stats, parts.status);
  stats.clients_max = parts.status.clients_max;
  const RouteState state = parts.routes.of_any(stats.id, now);
  stats.since = state.since;
  stats.times_down = state.times_down;
  stats.downtime = state.downtime;
  if (parts.config != nullptr) take_policy(stats, parts.config->policy);
  if (parts.view != nullptr) stats.why_none = parts.view->why_none;
  const ListenerRates rates = parts.charts.rates(stats.id);
  stats.rate = rates.rate;
  stats.rate_max = rates.rate_max;
  stats.up_rate = rates.up_rate;
  stats.down_rate = rates.down_rate;
  for (std::size_t i = 0; i < parts.nodes.size(); ++i) stats.routes.push_back(route_stats(parts, i, now));
  return stats;
}

ListenerSample sample_of(const ListenerStatus& status) {
  ListenerSample sample;
  sample.listener = status.id;
  sample.sessions = status.sessions;
  sample.waiting = status.held + status.queued;
  sample.accepted = status.totals.accepted;
  sample.up_bytes = status.totals.up_bytes;
  sample.down_bytes = status.totals.down_bytes;
  for (const RouteStatus& route : status.routes) {
    sample.routes.emplace_back(route.node, route.totals.sessions_total);
  }
  return sample;
}

std::vector<PastFactStats> history_stats(const std::deque<PastFact>& facts) {
  std::vector<PastFactStats> stats;
  stats.reserve(facts.size());
  for (const PastFact& fact : facts)
    stats.push_back({fact.at, fact.kind, fact.node, fact.words, fact.warning});
  return stats;
}

}  // namespace tamada::router
