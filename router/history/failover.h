// Failover: one stretch in which nobody could write, as a value: what was seen when, and what it cost.
//
// It begins with the first sign that something is wrong with the leader, and ends when the first new session
// has started on the next one (or the same one). Times are the wall clock's: they are for people, and outlive
// a restart. FailoverLog makes them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "router/cluster/fact.h"

namespace tamada::router {

using WallTime = std::chrono::system_clock::time_point;

// One line of the waterfall.
struct FailoverStep {
  WallTime at;
  FactKind kind = FactKind::leader_lost;
  std::string node;  // display name, or empty
  std::string words;
};

struct Failover {
  std::uint64_t number = 0;  // 1, 2, ...; goes on after a restart where `state_dir` is set
  std::string from;          // who led; empty: nobody yet (the router's start is not recorded as a fail-over)
  std::string to;            // who leads now; empty as long as nobody does. May be `from` again
  bool planned = false;      // announced beforehand (Patroni's failover key), or begun with `state: stopping`

  // The milestones, in this order where they are set. Those that were never seen stay empty.
  std::optional<WallTime>
      first_sign;  // the leader did not answer, stopped, a session met trouble; or the announcement
  std::optional<WallTime> leader_gone;    // writers got no server any more
  std::optional<WallTime> claimed;        // the next leader's own claim was first heard
  std::optional<WallTime> confirmed;      // it was confirmed, and the old one's sessions were closed
  std::optional<WallTime> first_session;  // the first new session has started on it
  std::string why_gone;                   // in words
  std::string why_confirmed;

  // How long writes stood still: from `leader_gone` to `first_session`, or to `confirmed` where nobody had
  // come by the time the record was closed. Empty while it goes on.
  std::optional<std::chrono::milliseconds> stood_still;

  // On write listeners, from `first_sign` (or `leader_gone`) to the end.
  std::uint64_t waited = 0;  // clients that had to wait
  std::uint64_t cut = 0;     // sessions closed by the router
  std::uint64_t failed = 0;  // clients that were told an error

  std::vector<FailoverStep> steps;  // what was seen meanwhile, oldest first; bounded
  [[nodiscard]] bool is_over() const { return stood_still.has_value(); }
};

}  // namespace tamada::router
