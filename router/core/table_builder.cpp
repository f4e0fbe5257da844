#include "router/core/table_builder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace tamada::router {
namespace {

bool wants(const ListenerPolicy& listener, const NodeRoute& node) {
  const bool readable = node.is_replica && !node.noloadbalance;
  switch (listener.to) {
    case Target::leader:
      return node.is_leader;
    case Target::replica:
      return readable;
    case Target::any:
      return readable || node.is_leader || node.is_standby_leader;
    case Target::sync:
      return readable && node.sync;
    case Target::async:
      return readable && !node.sync;
    case Target::standby_leader:
      return node.is_standby_leader;
    case Target::tag:
      return node.is_tagged && (readable || node.is_leader || node.is_standby_leader);
  }
  return false;
}

// Why a node that is of the right kind gets no new sessions; empty: it gets them.
std::string held_back(const ListenerPolicy& listener, const NodeRoute& node) {
  if (node.leaving) return "was taken out of the configuration";
  if (node.admin == AdminState::drain) return "is drained by hand";
  if (node.admin == AdminState::maintenance) return "is in maintenance";
  if (node.lags && !node.is_leader && listener.to != Target::leader) return "lags too far behind";
  if (!node.postgres.is_set()) return "has no known PostgreSQL address";
  return {};
}

// Why a node is not of the kind that the listener wants, where its own words do not say it.
std::string unwanted(const ListenerPolicy& listener, const NodeRoute& node) {
  const bool serves = node.is_replica || node.is_leader || node.is_standby_leader;
  if (listener.to == Target::tag && serves && !node.is_tagged) {
    return fmt::format("does not carry the tag {}={}", listener.tag_key, listener.tag_value);
  }
  if (listener.to == Target::sync && node.is_replica) return "is not a synchronous standby";
  if (listener.to == Target::async && node.is_replica) return "is a synchronous standby";
  if (node.is_leader) return "is the leader";
  return node.words;
}

// "20 MB": with two digits at least, for people.
std::string rough_size(std::uint64_t bytes) {
  constexpr std::array units{"bytes", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  auto value = static_cast<double>(bytes);
  while (value >= 1024 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  const bool whole = unit == 0 || value >= 10;
  return fmt::format("{:.{}f} {}", value, whole ? 0 : 1, units.at(unit));
}

const char* wanted(Target target) {
  switch (target) {
    case Target::leader:
      return "leader";
    case Target::replica:
      return "replica";
    case Target::any:
      return "node";
    case Target::sync:
      return "synchronous standby";
    case Target::async:
      return "asynchronous standby";
    case Target::standby_leader:
      return "standby leader";
    case Target::tag:
      return "node with the tag";
  }
  return "node";
}

Candidate candidate_of(const NodeRoute& node) {
  return {node.node, node.name, node.postgres, node.is_leader ? node.leader_until : node.replica_until,
          node.no_connection};
}

}  // namespace

ListenerRoutes build_routes(const ListenerPolicy& listener, const std::vector<NodeRoute>& nodes,
                            const std::string& no_leader, bool otherwise_in_force) {
  ListenerRoutes routes;
  routes.listener = listener.id;
  std::vector<std::string> reasons;
  bool all_settled = true;
  for (const NodeRoute& node : nodes) {
    if (!node.leaving && !node.settled) all_settled = false;
    if (node.is_alias && !node.is_leader) continue;
    if (!wants(listener, node)) {
      reasons.push_back(fmt::format(
          "{} {}", node.name, node.is_replica && node.noloadbalance ? "has noloadbalance" : node.words));
      continue;
    }
    if (std::string why = held_back(listener, node); !why.empty()) {
      reasons.push_back(fmt::format("{} {}", node.name, why));
      continue;
    }
    routes.candidates.push_back(candidate_of(node));
  }
  const auto takes_connections = [](const Candidate& candidate) { return candidate.no_connection.empty(); };
  if (std::any_of(routes.candidates.begin(), routes.candidates.end(), takes_connections)) {
    std::erase_if(routes.candidates, [&](const Candidate& one) { return !takes_connections(one); });
    return routes;
  }

  if (listener.to == Target::leader && routes.candidates.empty()) {
    const bool has_leader =
        std::any_of(nodes.begin(), nodes.end(), [](const NodeRoute& n) { return n.is_leader; });
    routes.why_none = has_leader ? fmt::format("no leader: {}", fmt::join(reasons, ", ")) : no_leader;
    return routes;
  }
  if (listener.otherwise_leader && (all_settled || otherwise_in_force)) {
    for (const NodeRoute& node : nodes) {
      if (!node.is_leader || !held_back(listener, node).empty()) continue;
      if (!routes.candidates.empty() && !node.no_connection.empty()) continue;
      routes.candidates = {candidate_of(node)};
      return routes;
    }
  }
  if (!routes.candidates.empty()) return routes;
  routes.why_none =
      fmt::format("no {}: {}", wanted(listener.to),
                  reasons.empty() ? "no node is configured" : fmt::format("{}", fmt::join(reasons, ", ")));
  return routes;
}

RouteView route_view(const ListenerPolicy& listener, const NodeRoute& node) {
  RouteView view;
  view.node = node.node;
  if (node.is_alias && !node.is_leader) {
    view.why_not = "is reached through another configured node as well";
  } else if (node.is_replica && node.noloadbalance && listener.to != Target::leader) {
    view.drains = true;
    view.why_not = "has noloadbalance";
  } else if (!wants(listener, node)) {
    view.why_not = unwanted(listener, node);
  } else {
    view.why_not = held_back(listener, node);
    view.fit = view.why_not.empty();
    view.drains = !view.fit && (node.admin == AdminState::drain || node.lags);
    if (view.fit && !node.no_connection.empty()) {
      view.fit = false;
      view.no_connection = true;
      view.why_not = "takes no connections: " + node.no_connection;
    }
    if (!view.fit && node.admin == AdminState::ready && !node.leaving && node.lags) {
      view.why_not = fmt::format("lags {}, more than {}", rough_size(node.lag.value_or(0)),
                                 rough_size(listener.max_lag.value_or(0)));
    }
  }
  return view;
}

bool routes_alike(const RoutingTable& a, const RoutingTable& b) {
  const auto alike = [](const ListenerRoutes& x, const ListenerRoutes& y) {
    return x.listener == y.listener && x.why_none == y.why_none &&
           std::equal(x.candidates.begin(), x.candidates.end(), y.candidates.begin(), y.candidates.end(),
                      [](const Candidate& p, const Candidate& q) {
                        return p.node == q.node && p.name == q.name && p.postgres == q.postgres &&
                               p.no_connection == q.no_connection;
                      });
  };
  const bool allow_alike = (a.good_until == TimePoint{}) == (b.good_until == TimePoint{});
  return allow_alike && a.writers == b.writers &&
         std::equal(a.listeners.begin(), a.listeners.end(), b.listeners.begin(), b.listeners.end(), alike);
}

std::optional<TimePoint> renewal(const RoutingTable& published, const RoutingTable& newer, Duration margin) {
  std::optional<TimePoint> first;
  for (const ListenerRoutes& routes : newer.listeners) {
    const ListenerRoutes* old = published.find(routes.listener);
    if (old == nullptr) continue;
    for (const Candidate& candidate : routes.candidates) {
      for (const Candidate& same : old->candidates) {
        if (same.node != candidate.node || candidate.valid_until <= same.valid_until) continue;
        const TimePoint at = same.valid_until - margin;
        first = first ? std::min(*first, at) : at;
      }
    }
  }
  return first;
}

}  // namespace tamada::router
