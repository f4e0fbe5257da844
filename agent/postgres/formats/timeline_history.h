// TimelineHistory: the ancestors of a timeline and where each of them ended; a *.history file, or what a server
// answers to TIMELINE_HISTORY (PostgreSQL's timeline.c; manual, "Timelines").
//
//   1 <tab> 0/3000000 <tab> no recovery target specified
//
// Says nothing of the timeline that the file belongs to itself: it has not ended.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/postgres/formats/wal_position.h"
#include "common/base/result.h"

namespace tamada::agent {

struct TimelineSwitch {
  Timeline timeline = 0;  // that ended
  WalPosition end = 0;    // the first position that is not its any more
  std::string reason;     // the server's words, for people

  bool operator==(const TimelineSwitch&) const = default;
};

struct TimelineHistory {
  std::vector<TimelineSwitch> switches;  // in the order of their timelines, each once

  // Where the ancestor ended; none: it is no ancestor.
  [[nodiscard]] std::optional<WalPosition> end_of(Timeline timeline) const;

  bool operator==(const TimelineHistory&) const = default;
};

// As strict as the server: blank lines and comments (#) are passed over, any other line must have a timeline
// and a position, and timelines and positions must grow. A history of which one line cannot be read is no
// history, since the missing line decides whether a node may follow.
[[nodiscard]] Result<TimelineHistory> parse_timeline_history(std::string_view content);

// "00000002.history"
[[nodiscard]] std::string timeline_history_name(Timeline timeline);

}  // namespace tamada::agent
