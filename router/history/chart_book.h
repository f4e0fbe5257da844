// ChartBook: what listeners and their nodes do per second, and the last 15 minutes of it. Pure.
//
// Fed about once a second with counters that only grow. One that went back was cleared and counts from zero,
// as one that is new does; only those of the very first sample are where it begins.
//
// A gap (the control loop stalled, the machine slept) is spread over its length: rates are per second of
// time.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "common/base/time.h"
#include "router/balance/ids.h"

namespace tamada::router {

// 15 minutes of one listener, a point every `chart_step`, oldest first, at most `chart_points`.
inline constexpr Duration chart_step = 5s;
inline constexpr std::size_t chart_points = 180;
struct ChartPoint {
  std::uint32_t sessions = 0;  // most in these seconds
  std::uint32_t waiting = 0;   // most in these seconds
  double new_per_s = 0;        // average
  double up_per_s = 0;         // bytes
  double down_per_s = 0;
};

// One listener at one moment.
struct ListenerSample {
  ListenerId listener;
  std::uint32_t sessions = 0;
  std::uint32_t waiting = 0;
  std::uint64_t accepted = 0;
  std::uint64_t up_bytes = 0;
  std::uint64_t down_bytes = 0;
  std::vector<std::pair<NodeId, std::uint64_t>> routes;  // sessions connected in all, by node
};

// Of the second before the newest sample.
struct ListenerRates {
  std::uint32_t rate = 0;  // connections
  std::uint32_t rate_max = 0;
  std::uint64_t up_rate = 0;  // bytes
  std::uint64_t down_rate = 0;
};
struct RouteRates {
  std::uint32_t rate = 0;  // sessions
  std::uint32_t rate_max = 0;
};

class ChartBook {
 public:
  // All listeners there are; what is remembered of others is forgotten.
  void sample(const std::vector<ListenerSample>& listeners, TimePoint now);
  // rate_max of all begins anew.
  void clear_maxima();

  [[nodiscard]] ListenerRates rates(ListenerId listener) const;
  [[nodiscard]] RouteRates rates(ListenerId listener, NodeId node) const;
  // Oldest first; the newest one ends at end(). A listener that came later has fewer.
  [[nodiscard]] std::vector<ChartPoint> points(ListenerId listener) const;
  // Not set: no point is complete yet.
  [[nodiscard]] std::optional<TimePoint> end() const { return end_; }

 private:
  struct Route {
    std::uint64_t total = 0;
    RouteRates rates;
  };
  struct Book {
    ListenerSample last;
    ListenerSample at_step;  // counters when the point in work began
    ChartPoint point;        // in work
    ListenerRates rates;
    std::map<NodeId, Route> routes;
    std::deque<ChartPoint> points;
  };
  static void take(Book& book, const ListenerSample& sample, double seconds);
  static void close_point(Book& book, double seconds);

  std::map<ListenerId, Book> books_;
  std::optional<TimePoint> sampled_;
  std::optional<TimePoint> step_began_;
  std::optional<TimePoint> end_;
};

}  // namespace tamada::router
