// What the key /history is to say, as the leader knows it: the file of its own timeline, with the moments and the leaders that
// the key has kept of earlier promotions. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/postgres/formats/timeline_history.h"
#include "common/patroni/history_value.h"

namespace tamada::agent {

// Whether the key lacks the end of the timeline before this one.
[[nodiscard]] bool lacks_history(const patroni::HistoryValue* known, std::uint32_t timeline);

// `file`: of `timeline`. `time`: when the promotion was seen, ISO 8601. `most`: entries to keep, the newest; 0: all.
[[nodiscard]] patroni::HistoryValue history_of(const TimelineHistory& file,
                                               const patroni::HistoryValue* known, const std::string& time,
                                               const std::string& leader, std::uint32_t most);

}  // namespace tamada::agent
