#include "router/stats/haproxy/haproxy_sums.h"

#include <algorithm>

namespace tamada::router {
namespace {

// Averages a kind of duration over nodes, each by how many sessions it had.
class Averager {
 public:
  void add(const TimeStats& part, std::uint64_t sessions) {
    max_ms_ = std::max(max_ms_, part.max_ms);
    sum_ += part.average_ms * sessions;
    sessions_ += sessions;
  }
  [[nodiscard]] TimeStats result() const {
    return {sessions_ == 0 ? 0 : static_cast<std::uint32_t>(sum_ / sessions_), max_ms_};
  }

 private:
  std::uint32_t max_ms_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t sessions_ = 0;
};

}  // namespace

ListenerSums sum_up(const ListenerStats& listener) {
  ListenerSums sums;
  Averager wait, connect, first_answer, session;
  for (const RouteStats& route : listener.routes) {
    sums.sessions += route.sessions;
    sums.sessions_total += route.sessions_total;
    sums.granted += route.granted;
    sums.up_bytes += route.up_bytes;
    sums.down_bytes += route.down_bytes;
    sums.connect_errors += route.connect_errors;
    sums.response_errors += route.response_errors;
    sums.retried += route.retried;
    sums.client_aborts += route.client_aborts;
    sums.server_aborts += route.server_aborts;
    sums.rate += route.rate;
    if (route.backup && (route.eligible || route.spare) && route.weight > 0) ++sums.backups;
    if (!route.backup && route.eligible && route.weight > 0) ++sums.active;
    if (route.eligible && route.weight > 0) {
      ++sums.fit;
      sums.weight += route.weight;
    }
    wait.add(route.wait, route.sessions_total);
    connect.add(route.connect, route.sessions_total);
    first_answer.add(route.first_answer, route.sessions_total);
    session.add(route.session, route.sessions_total);
    if (route.last_session && (!sums.last_session || *route.last_session > *sums.last_session)) {
      sums.last_session = route.last_session;
    }
  }
  sums.wait = wait.result();
  sums.connect = connect.result();
  sums.first_answer = first_answer.result();
  sums.session = session.result();
  return sums;
}

}  // namespace tamada::router
