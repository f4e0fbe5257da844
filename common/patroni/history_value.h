// HistoryValue: the key `history`: the timelines that ended, the oldest first. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/patroni/reading.h"

namespace tamada::patroni {

struct HistoryEntry {
  std::uint32_t timeline = 0;  // that ended
  std::uint64_t lsn = 0;       // at which, bytes of WAL
  std::string reason;          // "no recovery target specified"
  // Known only of a promotion that a Patroni or an agent saw.
  std::optional<std::string> time;        // ISO 8601
  std::optional<std::string> new_leader;  // never without a time

  // All five items: Patroni then does not look at the server's file again.
  [[nodiscard]] bool is_complete() const { return time && new_leader; }
  bool operator==(const HistoryEntry&) const = default;
};

struct HistoryValue {
  std::vector<HistoryEntry> entries;
  bool operator==(const HistoryValue&) const = default;
};

// A list of lists of three to five items. An entry that is none is left out and told. Of more than `history_max`
// entries the newest count.
inline constexpr std::size_t history_max = 500;
[[nodiscard]] Reading<HistoryValue> read_history_value(std::string_view value);
// [[1,25623960,"no recovery target specified","2026-01-02T03:04:05.000000+00:00","pg1"]]
[[nodiscard]] std::string write_history_value(const HistoryValue& value);

}  // namespace tamada::patroni
