// A random history: a world from a seed, at least ten virtual minutes with overlapping faults and operators, then everything
// heals and the cluster has to become whole by itself.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "agent/ha/decision_table.h"
#include "tests/simulation/world/world.h"

namespace tamada::simulation {

struct HistoryResult {
  std::string breach;   // empty: nothing that must never be
  std::string history;  // for people; only with a breach, unless asked for
  std::set<ha::RowId> rows;
  std::uint64_t acknowledged = 0;
  unsigned promotions = 0;
};

struct HistoryOptions {
  Mistakes mistakes;
  bool keep_history = false;
  // Faults that came into the world when histories were kept already: those stay what they were.
  bool has_later_faults = true;
};

// The same seed gives the same history.
[[nodiscard]] HistoryResult play_random_history(std::uint64_t seed, const HistoryOptions& options = {});

}  // namespace tamada::simulation
