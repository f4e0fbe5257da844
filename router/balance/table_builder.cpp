#include "router/balance/table_builder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace tamada::router {
namespace {

// The entries of `to:`, and behind them the one of `otherwise:`.
std::vector<Preference> entries_of(const ListenerPolicy& listener) {
  std::vector<Preference> entries = listener.preferences();
  if (listener.otherwise_leader) entries.push_back({Target::leader, {}, {}});
  return entries;
}

// Whether the node is of the kind that entry `index` of `to:` (or the one of `otherwise:`) wants.
bool wants(const ListenerPolicy& listener, Target target, std::size_t index, const NodeRoute& node) {
  const bool readable = node.is_replica && !node.noloadbalance;
  switch (target) {
    case Target::leader:
      // Where it is not for writers, nobody else can serve in a standby cluster.
      return node.is_leader || (!listener.is_write() && node.is_standby_leader);
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
    case Target::tag: {
      const bool tagged = index < node.tagged.size() && node.tagged[index];
      return tagged && (readable || node.is_leader || node.is_standby_leader);
    }
  }
  return false;
}

// The first entry of `to:` that wants the node; none: it is of no kind that is wanted.
std::optional<std::size_t> level_of(const ListenerPolicy& listener, const NodeRoute& node) {
  const std::vector<Preference> entries = listener.preferences();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (wants(listener, entries[i].to, i, node)) return i;
  }
  return std::nullopt;
}

// Why a node that is of the right kind gets no new sessions; empty: it gets them.
std::string held_back(const ListenerPolicy& listener, const NodeRoute& node) {
  if (node.leaving) return "was taken out of the configuration";
  if (node.admin == AdminState::drain) return "is drained by hand";
  if (node.admin == AdminState::maintenance) return "is in maintenance";
  const bool follows = !node.is_leader && !listener.is_write();
  if (follows && node.lags) return "lags too far behind";
  if (follows && listener.require_streaming && node.lost_stream) return "does not stream from the leader";
  if (!node.postgres.is_set()) return "has no known PostgreSQL address";
  return {};
}

// Why a node is not of the kind that the listener wants, where its own words do not say it.
std::string unwanted(const ListenerPolicy& listener, const NodeRoute& node) {
  const bool single = listener.reserves.empty();
  const bool serves = node.is_replica || node.is_leader || node.is_standby_leader;
  if (single && listener.to == Target::tag && serves) {
    return fmt::format("does not carry the tag {}={}", listener.tag_key, listener.tag_value);
  }
  if (single && listener.to == Target::sync && node.is_replica) return "is not a synchronous standby";
  if (single && listener.to == Target::async && node.is_replica) return "is a synchronous standby";
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

// "2.5 s": for people.
std::string rough_time(Duration span) {
  const double seconds = static_cast<double>(to_ms(span)) / 1000;
  return fmt::format("{:.{}f} s", seconds, seconds >= 10 ? 0 : 1);
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

// "replica", "node with the tag dc=ams or replica or leader"
std::string wanted(const ListenerPolicy& listener) {
  std::vector<std::string> words;
  for (const Preference& entry : listener.preferences()) {
    words.emplace_back(wanted(entry.to));
    const bool one_of_several = entry.to == Target::tag && !listener.reserves.empty();
    if (one_of_several) words.back() += fmt::format(" {}={}", entry.tag_key, entry.tag_value);
  }
  return fmt::format("{}", fmt::join(words, " or "));
}

Candidate candidate_of(const NodeRoute& node) {
  return {node.node, node.name, node.postgres, node.is_leader ? node.leader_until : node.replica_until,
          node.no_connection};
}

std::vector<Candidate> candidates_for(const ListenerPolicy& listener, Target target, std::size_t index,
                                      const std::vector<NodeRoute>& nodes) {
  std::vector<Candidate> candidates;
  for (const NodeRoute& node : nodes) {
    if (node.is_alias && !node.is_leader) continue;
    if (!wants(listener, target, index, node) || !held_back(listener, node).empty()) continue;
    candidates.push_back(candidate_of(node));
  }
  return candidates;
}

bool takes_connections(const Candidate& candidate) {
  return candidate.no_connection.empty();
}

// What is in force can go on: one of its nodes is among the `candidates` of the same entry now.
bool goes_on(const ListenerRoutes& in_force, const std::vector<Candidate>& candidates) {
  return std::any_of(candidates.begin(), candidates.end(), [&](const Candidate& one) {
    return std::any_of(in_force.candidates.begin(), in_force.candidates.end(),
                       [&](const Candidate& before) { return before.node == one.node; });
  });
}

// Why nobody is offered, node by node.
std::vector<std::string> reasons_of(const ListenerPolicy& listener, const std::vector<NodeRoute>& nodes) {
  std::vector<std::string> reasons;
  for (const NodeRoute& node : nodes) {
    if (node.is_alias && !node.is_leader) continue;
    std::string why = held_back(listener, node);
    if (const auto level = level_of(listener, node); !level) {
      why = node.is_replica && node.noloadbalance ? "has noloadbalance" : node.words;
    } else if (why.empty()) {
      why = "is a reserve, and not every node has answered yet";
    }
    reasons.push_back(fmt::format("{} {}", node.name, why));
  }
  return reasons;
}

}  // namespace

ListenerRoutes build_routes(const ListenerPolicy& listener, const std::vector<NodeRoute>& nodes,
                            const std::string& no_leader, const ListenerRoutes* in_force) {
  ListenerRoutes routes;
  routes.listener = listener.id;
  const bool all_settled =
      std::all_of(nodes.begin(), nodes.end(), [](const NodeRoute& n) { return n.leaving || n.settled; });
  const std::vector<Preference> entries = entries_of(listener);
  std::size_t kept = 0;
  if (in_force != nullptr && in_force->level < entries.size()) {
    const std::size_t level = in_force->level;
    if (goes_on(*in_force, candidates_for(listener, entries[level].to, level, nodes))) kept = level;
  }
  for (std::size_t i = 0; i < entries.size() && (all_settled || i <= kept); ++i) {
    std::vector<Candidate> candidates = candidates_for(listener, entries[i].to, i, nodes);
    const bool any_connects = std::any_of(candidates.begin(), candidates.end(), takes_connections);
    if (any_connects) std::erase_if(candidates, [](const Candidate& one) { return !takes_connections(one); });
    // Those that take no connections are kept for the case that there is nobody else at all.
    if (!any_connects && (candidates.empty() || !routes.candidates.empty())) continue;
    routes.level = i;
    routes.candidates = std::move(candidates);
    if (any_connects) return routes;
  }
  if (!routes.candidates.empty()) return routes;

  const std::vector<std::string> reasons = reasons_of(listener, nodes);
  if (listener.is_write()) {
    const bool has_leader =
        std::any_of(nodes.begin(), nodes.end(), [](const NodeRoute& n) { return n.is_leader; });
    routes.why_none = has_leader ? fmt::format("no leader: {}", fmt::join(reasons, ", ")) : no_leader;
    return routes;
  }
  routes.why_none =
      fmt::format("no {}: {}", wanted(listener),
                  reasons.empty() ? "no node is configured" : fmt::format("{}", fmt::join(reasons, ", ")));
  return routes;
}

RouteView route_view(const ListenerPolicy& listener, const NodeRoute& node, std::size_t level) {
  RouteView view;
  view.node = node.node;
  const std::optional<std::size_t> own = level_of(listener, node);
  view.backup = own.value_or(0) > 0;
  if (node.is_alias && !node.is_leader) {
    view.why_not = "is reached through another configured node as well";
  } else if (node.is_replica && node.noloadbalance && !listener.is_write()) {
    view.drains = true;
    view.why_not = "has noloadbalance";
  } else if (!own) {
    view.why_not = unwanted(listener, node);
  } else {
    view.why_not = held_back(listener, node);
    const bool is_fit = view.why_not.empty();
    view.no_connection = is_fit && !node.no_connection.empty();
    view.spare = is_fit && !view.no_connection && *own > level;
    view.fit = is_fit && !view.no_connection && !view.spare;
    if (view.no_connection) view.why_not = "takes no connections: " + node.no_connection;
    if (view.spare) view.why_not = "is a reserve: nodes that are wanted more take the sessions";
    const bool follows = !node.is_leader && !listener.is_write();
    const bool spared = node.lags || (follows && listener.require_streaming && node.lost_stream);
    view.drains = !is_fit && (node.admin == AdminState::drain || spared);
    if (!is_fit && node.admin == AdminState::ready && !node.leaving && node.lags) {
      view.lags = true;
      view.why_not = listener.max_lag_time
                         ? fmt::format("lags {}, more than {}", rough_time(node.lag_time.value_or(0s)),
                                       rough_time(*listener.max_lag_time))
                         : fmt::format("lags {}, more than {}", rough_size(node.lag.value_or(0)),
                                       rough_size(listener.max_lag.value_or(0)));
    }
  }
  return view;
}

bool routes_alike(const RoutingTable& a, const RoutingTable& b) {
  const auto alike = [](const ListenerRoutes& x, const ListenerRoutes& y) {
    return x.listener == y.listener && x.level == y.level && x.why_none == y.why_none &&
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
