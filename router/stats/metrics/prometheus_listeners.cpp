#include "router/stats/metrics/prometheus_listeners.h"

#include <algorithm>
#include <array>

#include "router/stats/haproxy/haproxy_names.h"
#include "router/stats/words.h"

namespace tamada::router {
namespace {

constexpr std::string_view prefix = "tamada_";

struct ListenerMetric {
  std::string_view name;
  std::string_view type;
  std::string_view help;
  std::uint64_t (*value)(const ListenerStats&);
};

const std::array<ListenerMetric, 17> listener_metrics{{
    {"listener_configured", "gauge", "0 for a listener that was taken out and still has sessions.",
     [](const ListenerStats& listener) -> std::uint64_t { return listener.configured ? 1 : 0; }},
    {"listener_paused", "gauge", "1 while no connections are accepted because no file descriptors are left.",
     [](const ListenerStats& listener) -> std::uint64_t { return listener.paused ? 1 : 0; }},
    {"listener_nodes_fit", "gauge", "Nodes that get new sessions.",
     [](const ListenerStats& listener) -> std::uint64_t {
       return static_cast<std::uint64_t>(
           std::count_if(listener.routes.begin(), listener.routes.end(),
                         [](const RouteStats& route) { return route.eligible; }));
     }},
    {"listener_sessions", "gauge", "Sessions that have a server.",
     [](const ListenerStats& listener) -> std::uint64_t { return listener.sessions; }},
    {"listener_starting", "gauge", "Sessions in their start-up for which the server has the next word.",
     [](const ListenerStats& listener) -> std::uint64_t { return listener.starting; }},
    {"listener_held", "gauge", "Clients that wait because no node is fit.",
     [](const ListenerStats& listener) -> std::uint64_t { return listener.held; }},
    {"listener_queued", "gauge", "Clients that wait because a limit is reached.",
     [](const ListenerStats& listener) -> std::uint64_t { return listener.queued; }},
    {"listener_waiting_max", "gauge", "Most clients that waited at a time.",
     [](const ListenerStats& listener) -> std::uint64_t { return listener.waiting_max; }},
    {"listener_accepted_total", "counter", "Connections accepted, whatever came of them.",
     [](const ListenerStats& listener) { return listener.accepted; }},
    {"listener_denied_total", "counter", "Connections denied by allow and deny lists.",
     [](const ListenerStats& listener) { return listener.denied; }},
    {"listener_refused_total", "counter",
     "Clients that were told an error because there was no server for them.",
     [](const ListenerStats& listener) { return listener.refused; }},
    {"listener_waited_total", "counter", "Clients that had to wait for a server.",
     [](const ListenerStats& listener) { return listener.had_to_wait; }},
    {"listener_retried_total", "counter", "Retries that the client did not notice.",
     [](const ListenerStats& listener) { return listener.retried; }},
    {"listener_cut_total", "counter", "Sessions that the router closed.",
     [](const ListenerStats& listener) { return listener.cut; }},
    {"listener_cancels_total", "counter", "Cancel requests passed on.",
     [](const ListenerStats& listener) { return listener.cancels; }},
    {"listener_bad_starts_total", "counter",
     "Connections whose first bytes were none of PostgreSQL's or never complete, or that owed an answer for "
     "too long.",
     [](const ListenerStats& listener) { return listener.bad_starts; }},
    {"listener_address_limited_total", "counter",
     "Connections refused because their address had as many as it may.",
     [](const ListenerStats& listener) { return listener.address_limited; }},
}};

struct RouteMetric {
  std::string_view name;
  std::string_view type;
  std::string_view help;
  std::uint64_t (*value)(const RouteStats&);
};

const std::array<RouteMetric, 12> route_metrics{{
    {"route_eligible", "gauge", "1 if the node gets new sessions of the listener.",
     [](const RouteStats& route) -> std::uint64_t { return route.eligible ? 1 : 0; }},
    {"route_drained", "gauge", "1 if the node is fit but spared: by hand, by lag, by noloadbalance.",
     [](const RouteStats& route) -> std::uint64_t { return route.drains ? 1 : 0; }},
    {"route_spare", "gauge", "1 if the node is fit, and nodes that are wanted more take the sessions.",
     [](const RouteStats& route) -> std::uint64_t { return route.spare ? 1 : 0; }},
    {"route_weight", "gauge", "The node's weight; 0 means no new sessions.",
     [](const RouteStats& route) -> std::uint64_t { return route.weight; }},
    {"route_sessions", "gauge", "Sessions on the node.",
     [](const RouteStats& route) -> std::uint64_t { return route.sessions; }},
    {"route_starting", "gauge", "Sessions on the node in their start-up for which it has the next word.",
     [](const RouteStats& route) -> std::uint64_t { return route.starting; }},
    {"route_sessions_total", "counter", "Sessions that the node has had.",
     [](const RouteStats& route) { return route.sessions_total; }},
    {"route_connect_errors_total", "counter", "Connections to the node that were refused or not answered.",
     [](const RouteStats& route) { return route.connect_errors; }},
    {"route_response_errors_total", "counter",
     "Connections that the node closed, or answered with an error, before the session had begun.",
     [](const RouteStats& route) { return route.response_errors; }},
    {"route_retried_total", "counter", "Unnoticed retries after a failure on the node.",
     [](const RouteStats& route) { return route.retried; }},
    {"route_cut_total", "counter", "Sessions on the node that the router closed.",
     [](const RouteStats& route) { return route.cut; }},
    {"route_downs_total", "counter", "Times that the node stopped being fit for the listener.",
     [](const RouteStats& route) -> std::uint64_t { return route.times_down; }},
}};

double seconds(Duration span) {
  return std::chrono::duration<double>(span).count();
}

void add_listeners(MetricsText& out, const StatsSnapshot& snapshot, const std::vector<Labels>& labels) {
  const std::vector<ListenerStats>& listeners = snapshot.listeners;
  if (out.begin(prefix, "listener_info", "gauge", "Always 1; the labels say what the listener is for.")) {
    for (std::size_t i = 0; i < listeners.size(); ++i) {
      const ListenerStats& listener = listeners[i];
      Labels more =
          labels[i].with("to", listener.to_words.empty() ? name_of(listener.to) : listener.to_words);
      more.add("balance", name_of(listener.balance));
      out.sample(more, std::uint64_t{1});
    }
  }
  for (const ListenerMetric& metric : listener_metrics) {
    if (!out.begin(prefix, metric.name, metric.type, metric.help)) continue;
    for (std::size_t i = 0; i < listeners.size(); ++i) out.sample(labels[i], metric.value(listeners[i]));
  }
  if (out.begin(prefix, "listener_oldest_wait_seconds", "gauge",
                "How long the client that came first has waited by now; 0 if nobody waits.")) {
    for (std::size_t i = 0; i < listeners.size(); ++i) {
      out.sample(labels[i], seconds(listeners[i].oldest_wait.value_or(Duration{})));
    }
  }
  if (out.begin(prefix, "listener_longest_wait_seconds", "gauge", "The longest wait of a client so far.")) {
    for (std::size_t i = 0; i < listeners.size(); ++i)
      out.sample(labels[i], seconds(listeners[i].longest_wait));
  }
  if (out.begin(prefix, "listener_bytes_total", "counter",
                "Bytes passed on; up is from clients to servers, down the other way.")) {
    for (std::size_t i = 0; i < listeners.size(); ++i) {
      out.sample(labels[i].with("direction", "up"), listeners[i].up_bytes);
      out.sample(labels[i].with("direction", "down"), listeners[i].down_bytes);
    }
  }
  if (out.begin(prefix, "listener_wait_seconds", "histogram", "How long clients waited for a server.")) {
    for (std::size_t i = 0; i < listeners.size(); ++i) {
      out.histogram(labels[i], hold_bounds, listeners[i].waits.counts, listeners[i].waits.sum_s);
    }
  }
}

struct LabelledRoute {
  Labels labels;
  const RouteStats* route;
};

void add_routes(MetricsText& out, const std::vector<LabelledRoute>& routes) {
  for (const RouteMetric& metric : route_metrics) {
    if (!out.begin(prefix, metric.name, metric.type, metric.help)) continue;
    for (const LabelledRoute& route : routes) out.sample(route.labels, metric.value(*route.route));
  }
  if (out.begin(prefix, "route_bytes_total", "counter",
                "Bytes passed on; up is from clients to the node, down the other way.")) {
    for (const LabelledRoute& route : routes) {
      out.sample(route.labels.with("direction", "up"), route.route->up_bytes);
      out.sample(route.labels.with("direction", "down"), route.route->down_bytes);
    }
  }
  if (out.begin(prefix, "route_down_seconds_total", "counter",
                "Time during which the node was not fit for the listener.")) {
    for (const LabelledRoute& route : routes) out.sample(route.labels, seconds(route.route->downtime));
  }
}

}  // namespace

void add_listener_metrics(MetricsText& out, const StatsSnapshot& snapshot,
                          const std::vector<std::string>& nodes) {
  const std::vector<std::string> names = proxy_names(snapshot);
  std::vector<Labels> labels;
  std::vector<LabelledRoute> routes;
  for (std::size_t i = 0; i < snapshot.listeners.size(); ++i) {
    labels.push_back({{"listener", names[i]}});
    const std::vector<RouteStats>& here = snapshot.listeners[i].routes;
    for (std::size_t k = 0; k < std::min(here.size(), nodes.size()); ++k) {
      routes.push_back({labels[i].with("node", nodes[k]), &here[k]});
    }
  }
  add_listeners(out, snapshot, labels);
  add_routes(out, routes);
}

}  // namespace tamada::router
