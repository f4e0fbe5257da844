// ListenerSums: what HAProxy's backend row says of all its servers together.
#pragma once

#include <cstdint>
#include <optional>

#include "router/stats/stats_snapshot.h"

namespace tamada::router {

struct ListenerSums {
  std::uint32_t sessions = 0;
  std::uint64_t sessions_total = 0, granted = 0, up_bytes = 0, down_bytes = 0;
  std::uint64_t connect_errors = 0, response_errors = 0, retried = 0, client_aborts = 0, server_aborts = 0;
  std::uint32_t weight = 0;   // of those that are fit
  std::uint32_t fit = 0;      // nodes that get new sessions
  std::uint32_t active = 0;   // those of them that are no backups
  std::uint32_t backups = 0;  // backups that are fit, needed or not
  std::uint32_t rate = 0;
  TimeStats wait, connect, first_answer, session;  // averages weighed by sessions
  std::optional<TimePoint> last_session;
};

[[nodiscard]] ListenerSums sum_up(const ListenerStats& listener);

}  // namespace tamada::router
