// ListenerStatus: one listener in numbers, as the control loop reads them from the workers' counters and from
// Admission. What stats_snapshot.h and the status page are filled from.
//
// Totals never go back; what somebody cleared is subtracted from a copy (ClearedTotals), so that rates and
// the records of fail-overs go on undisturbed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "router/balance/admission.h"
#include "router/session/listener_counters.h"
#include "router/stats/stats_snapshot.h"

namespace tamada::router {

// DurationCounter, summed over workers.
struct DurationTotals {
  std::uint64_t count = 0;
  std::uint64_t total_ms = 0;
  double sliding_ms = 0;     // the workers' sliding averages, weighted by their counts
  std::uint32_t max_ms = 0;  // since the start or WorkerPool::clear_maxima()

  // The average over about the last 512; over all while there are fewer.
  [[nodiscard]] TimeStats stats() const;
};

// Since the start; see RouteStats.
struct RouteTotals {
  std::uint64_t up_bytes = 0;
  std::uint64_t down_bytes = 0;
  std::uint64_t sessions_total = 0;
  std::uint64_t granted = 0;
  std::uint64_t connect_errors = 0;
  std::uint64_t response_errors = 0;
  std::uint64_t retried = 0;
  std::uint64_t client_aborts = 0;
  std::uint64_t server_aborts = 0;
  std::uint64_t cut = 0;
  DurationTotals wait;
  DurationTotals connect;
  DurationTotals first_answer;
  DurationTotals session;
};

// Since the start, summed over workers.
struct ListenerTotals {
  std::uint64_t accepted = 0;           // connections accepted, whatever came of them
  std::uint64_t denied = 0;             // by allow and deny lists
  std::uint64_t refused = 0;            // told a PostgreSQL error by the router
  std::uint64_t held = 0;               // had to wait
  std::uint64_t retried = 0;            // unseen retries on another server or after a hold
  std::uint64_t cut = 0;                // sessions closed by the router: cuts, and by hand
  std::uint64_t cancels = 0;            // cancel requests forwarded
  std::uint64_t bad_starts = 0;         // first packets that were not PostgreSQL's, or never complete
  std::uint64_t address_limited = 0;    // refused by a limit for each client's address
  std::uint64_t up_bytes = 0;           // client to server; live, not only at a session's end
  std::uint64_t down_bytes = 0;         // server to client
  Histogram<hold_bounds.size()> waits;  // for a server; of clients that got one and of those that gave up
};

struct RouteStatus {
  NodeId node;
  std::uint32_t sessions = 0;
  std::uint32_t sessions_max = 0;
  std::uint32_t starting = 0;
  std::uint32_t weight = 1;
  RouteTotals totals;
  std::optional<TimePoint> last_session;
};

struct ListenerStatus {
  ListenerId id;
  std::string name;
  std::vector<std::string> bind;  // as bound, with the real port
  bool configured = true;         // false: taken out, its last sessions run on
  std::uint32_t sessions = 0;
  std::uint32_t sessions_max = 0;
  std::uint32_t starting = 0;
  std::uint32_t held = 0;
  std::uint32_t queued = 0;
  std::uint32_t arriving = 0;  // have not said what they want
  std::uint32_t waiting_max = 0;
  std::uint32_t clients_max = 0;
  std::optional<Duration> oldest_wait;
  Duration longest_wait{};
  ListenerTotals totals;
  RouteTotals all_routes;           // the sum of `routes` and of `nowhere`
  RouteTotals nowhere;              // before a session had a node, or after it lost it
  std::vector<RouteStatus> routes;  // nodes that ever had a session, by id
  bool paused = false;              // no file descriptors: accepting has paused
};

// Fills in everything but id, name, bind and configured.
void read_load(const ListenerLoad& load, ListenerStatus& status);
// `counters`: of each worker.
void read_counters(const std::vector<std::unique_ptr<ListenerCounters>>& counters, ListenerStatus& status);

// What `clear counters all` forgets: totals as they were then.
class ClearedTotals {
 public:
  void clear(const std::vector<ListenerStatus>& now);
  // Subtracts it. An average is then of what came since.
  void subtract(std::vector<ListenerStatus>& from) const;

 private:
  struct Before {
    ListenerTotals totals;
    RouteTotals all_routes;
    RouteTotals nowhere;
    std::unordered_map<NodeId, RouteTotals> routes;
  };
  std::unordered_map<ListenerId, Before> before_;
};

}  // namespace tamada::router
