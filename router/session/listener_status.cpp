#include "router/session/listener_status.h"

#include <algorithm>
#include <array>

namespace tamada::router {

namespace {

// Every number of a route, to add and to subtract them all alike.
struct RouteField {
  std::uint64_t RouteTotals::*total;
  Counter RouteCounters::*counter;
};
constexpr std::array route_fields = {
    RouteField{&RouteTotals::up_bytes, &RouteCounters::up_bytes},
    RouteField{&RouteTotals::down_bytes, &RouteCounters::down_bytes},
    RouteField{&RouteTotals::sessions_total, &RouteCounters::sessions_total},
    RouteField{&RouteTotals::granted, &RouteCounters::granted},
    RouteField{&RouteTotals::connect_errors, &RouteCounters::connect_errors},
    RouteField{&RouteTotals::response_errors, &RouteCounters::response_errors},
    RouteField{&RouteTotals::retried, &RouteCounters::retried},
    RouteField{&RouteTotals::client_aborts, &RouteCounters::client_aborts},
    RouteField{&RouteTotals::server_aborts, &RouteCounters::server_aborts},
    RouteField{&RouteTotals::cut, &RouteCounters::cut},
};

struct RouteTime {
  DurationTotals RouteTotals::*total;
  DurationCounter RouteCounters::*counter;
};
constexpr std::array route_times = {
    RouteTime{&RouteTotals::wait, &RouteCounters::wait},
    RouteTime{&RouteTotals::connect, &RouteCounters::connect},
    RouteTime{&RouteTotals::first_answer, &RouteCounters::first_answer},
    RouteTime{&RouteTotals::session, &RouteCounters::session},
};

constexpr std::array listener_fields = {
    &ListenerTotals::accepted, &ListenerTotals::denied,     &ListenerTotals::refused,
    &ListenerTotals::held,     &ListenerTotals::retried,    &ListenerTotals::cut,
    &ListenerTotals::cancels,  &ListenerTotals::bad_starts, &ListenerTotals::address_limited,
    &ListenerTotals::up_bytes, &ListenerTotals::down_bytes,
};

void add(DurationTotals& to, const DurationCounter& counter, const Era& era) {
  const std::uint64_t count = counter.count();
  if (count > 0) {
    const auto here = static_cast<double>(count);
    const auto before = static_cast<double>(to.count);
    const auto average = static_cast<double>(counter.sliding_average_ms());
    to.sliding_ms = (to.sliding_ms * before + average * here) / (before + here);
  }
  to.count += count;
  to.total_ms += counter.total_ms();
  to.max_ms = std::max(to.max_ms, counter.max_ms(era));
}

void add(RouteTotals& to, const RouteCounters& counters, const Era& era) {
  for (const RouteField& field : route_fields) to.*field.total += (counters.*field.counter).get();
  for (const RouteTime& time : route_times) add(to.*time.total, counters.*time.counter, era);
}

void subtract(RouteTotals& from, const RouteTotals& before) {
  for (const RouteField& field : route_fields) from.*field.total -= before.*field.total;
  for (const RouteTime& time : route_times) {
    (from.*time.total).count -= (before.*time.total).count;
    (from.*time.total).total_ms -= (before.*time.total).total_ms;
  }
}

void subtract(ListenerTotals& from, const ListenerTotals& before) {
  for (const auto field : listener_fields) from.*field -= before.*field;
  for (std::size_t i = 0; i < from.waits.counts.size(); ++i) from.waits.counts[i] -= before.waits.counts[i];
  from.waits.sum_s -= before.waits.sum_s;
}

RouteStatus& route_of(ListenerStatus& status, NodeId node) {
  const auto at = std::lower_bound(status.routes.begin(), status.routes.end(), node,
                                   [](const RouteStatus& route, NodeId id) { return route.node < id; });
  if (at != status.routes.end() && at->node == node) return *at;
  RouteStatus route;
  route.node = node;
  return *status.routes.insert(at, std::move(route));
}

}  // namespace

TimeStats DurationTotals::stats() const {
  if (count == 0) return {0, max_ms};
  const auto all = static_cast<double>(count);
  const double average = count < DurationCounter::window ? static_cast<double>(total_ms) / all : sliding_ms;
  return {static_cast<std::uint32_t>(average + 0.5), max_ms};
}

void read_load(const ListenerLoad& load, ListenerStatus& status) {
  status.sessions = load.sessions;
  status.sessions_max = load.sessions_max;
  status.starting = load.starting;
  status.held = load.held;
  status.queued = load.queued;
  status.waiting_max = load.waiting_max;
  status.clients_max = load.clients_max;
  status.oldest_wait = load.oldest_wait;
  status.longest_wait = load.longest_wait;
  for (const NodeLoad& node : load.nodes) {
    RouteStatus& route = route_of(status, node.node);
    route.sessions = node.sessions;
    route.sessions_max = node.sessions_max;
    route.starting = node.starting;
    route.weight = node.weight;
  }
}

void read_counters(const std::vector<std::unique_ptr<ListenerCounters>>& counters, ListenerStatus& status) {
  ListenerTotals& totals = status.totals;
  for (const auto& worker : counters) {
    const std::uint64_t arrived = worker->arrived.get();  // first: another thread counts on
    const std::uint64_t accepted = worker->accepted.get();
    totals.accepted += accepted;
    status.arriving += static_cast<std::uint32_t>(accepted - arrived);
    totals.denied += worker->denied.get();
    totals.refused += worker->refused.get();
    totals.held += worker->held.get();
    totals.cancels += worker->cancels.get();
    totals.bad_starts += worker->bad_starts.get();
    totals.address_limited += worker->address_limited.get();
    for (std::size_t i = 0; i < totals.waits.counts.size(); ++i) {
      totals.waits.counts[i] += worker->waits[i].get();
    }
    totals.waits.sum_s += static_cast<double>(worker->waits_us.get()) / 1e6;
    status.paused = status.paused || worker->paused.load(std::memory_order_relaxed);
    worker->for_each_route([&](const RouteCounters& route) {
      add(status.all_routes, route, worker->era);
      if (!route.node.is_set()) return add(status.nowhere, route, worker->era);
      RouteStatus& here = route_of(status, route.node);
      add(here.totals, route, worker->era);
      const TimePoint last = route.last_session.load(std::memory_order_relaxed);
      if (last != TimePoint{}) here.last_session = std::max(here.last_session.value_or(last), last);
    });
  }
  totals.retried = status.all_routes.retried;
  totals.cut = status.all_routes.cut;
  totals.up_bytes = status.all_routes.up_bytes;
  totals.down_bytes = status.all_routes.down_bytes;
}

void ClearedTotals::clear(const std::vector<ListenerStatus>& now) {
  before_.clear();
  for (const ListenerStatus& listener : now) {
    Before& before = before_[listener.id];
    before.totals = listener.totals;
    before.all_routes = listener.all_routes;
    before.nowhere = listener.nowhere;
    for (const RouteStatus& route : listener.routes) before.routes[route.node] = route.totals;
  }
}

void ClearedTotals::subtract(std::vector<ListenerStatus>& from) const {
  for (ListenerStatus& listener : from) {
    const auto found = before_.find(listener.id);
    if (found == before_.end()) continue;
    const Before& before = found->second;
    router::subtract(listener.totals, before.totals);
    router::subtract(listener.all_routes, before.all_routes);
    router::subtract(listener.nowhere, before.nowhere);
    for (RouteStatus& route : listener.routes) {
      const auto then = before.routes.find(route.node);
      if (then != before.routes.end()) router::subtract(route.totals, then->second);
    }
  }
}

}  // namespace tamada::router
