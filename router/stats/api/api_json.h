// The JSON of GET /api/v1/... and of the event stream: a snapshot in, text out. docs/statistics.md describes
// it.
//
// Pure. The same snapshot gives the same text. Names may be any bytes (they come from the network): what is
// no UTF-8 is replaced by U+FFFD.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "router/stats/stats_snapshot.h"

namespace tamada::router {

// The state cut into its top-level keys, each rendered alone, so that the event stream can compare two of
// them and send what changed.
struct StateSections {
  std::string now_at;                                              // of this snapshot, as JSON
  std::string snapshot;                                            // its number, as JSON
  std::vector<std::pair<std::string_view, std::string>> sections;  // key, JSON; always all, in the same order

  // One object: "now_at", "snapshot", then every section.
  [[nodiscard]] std::string whole() const;
  // The same object with only those sections that differ from `before`.
  [[nodiscard]] std::string changes_since(const StateSections& before) const;
};

[[nodiscard]] StateSections state_sections(const StatsSnapshot& snapshot);

// GET /api/v1/state
[[nodiscard]] std::string state_json(const StatsSnapshot& snapshot);
// GET /api/v1/SECTION: "router", "config", "cluster", "leader", "disagreements", "nodes", "listeners",
// "failovers", "history". None: there is no such section.
[[nodiscard]] std::optional<std::string> section_json(const StatsSnapshot& snapshot,
                                                      std::string_view section);
// GET /api/v1/SECTION/KEY, for nodes (by either name), listeners (name) and failovers (number). `key` is
// decoded. None: there is no such thing.
[[nodiscard]] std::optional<std::string> item_json(const StatsSnapshot& snapshot, std::string_view section,
                                                   std::string_view key);

// GET /api/v1/charts
[[nodiscard]] std::string charts_json(const Charts& charts);
// The `chart` event: the newest point of each listener.
[[nodiscard]] std::string chart_event_json(const Charts& charts);

}  // namespace tamada::router
