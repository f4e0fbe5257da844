// Deadlines: when to look at which session, for one worker with one timer. A session has at most one deadline
// at a time; one without has nothing here. Nothing is kept for what was cleared, so that a worker at rest
// never wakes.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "common/base/time.h"

namespace tamada::router {

class Deadlines {
 public:
  // `old` is what the session had (TimePoint{}: none).
  void change(std::uint64_t session, TimePoint old, TimePoint now_due) {
    if (old != TimePoint{}) entries_.erase({old, session});
    if (now_due != TimePoint{}) entries_.emplace(now_due, session);
  }

  // The earliest, if any.
  [[nodiscard]] std::optional<TimePoint> next() const {
    if (entries_.empty()) return std::nullopt;
    return entries_.begin()->first;
  }

  // Takes out and returns one session whose time has come.
  [[nodiscard]] std::optional<std::uint64_t> take_due(TimePoint now) {
    if (entries_.empty() || entries_.begin()->first > now) return std::nullopt;
    const std::uint64_t session = entries_.begin()->second;
    entries_.erase(entries_.begin());
    return session;
  }

 private:
  std::set<std::pair<TimePoint, std::uint64_t>> entries_;
};

}  // namespace tamada::router
