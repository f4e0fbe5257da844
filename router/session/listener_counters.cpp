#include "router/session/listener_counters.h"

#include <memory>

namespace tamada::router {

ListenerCounters::~ListenerCounters() {
  const RouteCounters* route = newest_.load(std::memory_order_acquire);
  while (route != nullptr) {
    const std::unique_ptr<const RouteCounters> owned(route);
    route = owned->next;
  }
}

void ListenerCounters::count_wait(Duration waited) {
  const double seconds = std::chrono::duration<double>(waited).count();
  const auto* bound = std::lower_bound(hold_bounds.begin(), hold_bounds.end(), seconds);
  waits[static_cast<std::size_t>(bound - hold_bounds.begin())].add();
  waits_us.add(static_cast<std::uint64_t>(std::max<Duration::rep>(waited.count(), 0)));
}

RouteCounters& ListenerCounters::route(NodeId node) {
  RouteCounters* const newest = newest_.load(std::memory_order_relaxed);
  for (RouteCounters* route = newest; route != nullptr; route = route->next) {
    if (route->node == node) return *route;
  }
  auto made = std::make_unique<RouteCounters>(node);
  made->next = newest;
  newest_.store(made.get(), std::memory_order_release);
  return *made.release();
}

}  // namespace tamada::router
