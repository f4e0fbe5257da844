// RouteCounters and ListenerCounters: what one worker counted on one listener. The worker alone writes, any
// thread reads at any time without a lock (counter.h). They live as long as the workers.
//
// Bytes, and whatever else belongs to one node, are counted in the route only; what a listener has in all is
// the sum over its routes.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "router/balance/ids.h"
#include "router/session/counter.h"
#include "router/stats/stats_snapshot.h"

namespace tamada::router {

// One node as one listener has it, on one worker. See RouteStats (stats_snapshot.h) for what each one means.
// On cache lines of its own: two workers never write to the same one.
struct alignas(64) RouteCounters {
  explicit RouteCounters(NodeId counted) : node(counted) {}

  Counter up_bytes;
  Counter down_bytes;
  Counter sessions_total;
  Counter granted;
  Counter connect_errors;
  Counter response_errors;
  Counter retried;
  Counter client_aborts;
  Counter server_aborts;
  Counter cut;
  DurationCounter wait;
  DurationCounter connect;
  DurationCounter first_answer;
  DurationCounter session;
  std::atomic<TimePoint> last_session{};  // TimePoint{}: none yet

  const NodeId node;
  RouteCounters* next = nullptr;  // ListenerCounters'; does not change once a reader can see it
};

// As in ListenerTotals (listener_status.h).
struct alignas(64) ListenerCounters {
  explicit ListenerCounters(const Era& of_maxima) : era(of_maxima) {}
  ~ListenerCounters();
  ListenerCounters(const ListenerCounters&) = delete;
  ListenerCounters& operator=(const ListenerCounters&) = delete;

  Counter accepted;
  Counter arrived;  // of these, those that have said what they want, or have gone
  Counter denied;
  Counter refused;
  Counter held;
  Counter cancels;
  Counter bad_starts;
  Counter address_limited;
  std::atomic<bool> paused{false};  // this worker does not accept at the moment

  // How long clients waited for their server, or in vain; by hold_bounds.
  std::array<Counter, hold_bounds.size() + 1> waits;
  Counter waits_us;  // in all
  void count_wait(Duration waited);

  // What came before a session had a node, or after it lost it.
  RouteCounters nowhere{NodeId{}};
  // Writer's thread. Made at the first call. The writer keeps the answer: this walks a list.
  RouteCounters& route(NodeId node);
  // Any thread: every route there is, `nowhere` included.
  template <class Visit>
  void for_each_route(Visit visit) const {
    visit(nowhere);
    const RouteCounters* route = newest_.load(std::memory_order_acquire);
    for (; route != nullptr; route = route->next) visit(*route);
  }

  const Era& era;

 private:
  std::atomic<RouteCounters*> newest_{nullptr};  // owned, the list behind it too
};

}  // namespace tamada::router
