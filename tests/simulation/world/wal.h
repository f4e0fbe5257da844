// Wal: the write-ahead log of one simulated data directory: records in order, each of a timeline, some with a client's row.
// Positions are bytes, as PostgreSQL's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "agent/ha/store_view.h"

namespace tamada::simulation {

using ha::Lsn;

struct WalRecord {
  Lsn end = 0;  // the position after it
  std::uint32_t timeline = 1;
  std::uint64_t row = 0;  // 0: none

  bool operator==(const WalRecord&) const = default;
};

// Where a timeline began: after `from` at `at`.
struct TimelineSwitch {
  std::uint32_t from = 0;
  Lsn at = 0;
};

struct Wal {
  std::vector<WalRecord> records;
  std::vector<TimelineSwitch> history;  // of the timelines before the present one
  std::uint32_t timeline = 1;

  [[nodiscard]] Lsn end() const { return records.empty() ? 0 : records.back().end; }
  Lsn append(std::uint64_t row) {
    records.push_back({end() + 100, timeline, row});
    return end();
  }
  [[nodiscard]] bool has(std::uint64_t row) const {
    return std::any_of(records.rbegin(), records.rend(),
                       [row](const WalRecord& one) { return one.row == row; });
  }
  // Keeps what ends at `position` or before.
  void cut(Lsn position) {
    while (end() > position) records.pop_back();
  }
  // How many records both have, from the beginning.
  [[nodiscard]] std::size_t common(const Wal& other) const {
    std::size_t low = 0;
    std::size_t high = std::min(records.size(), other.records.size());
    // Equal up to a record means equal before it.
    while (low < high) {
      const std::size_t middle = (low + high + 1) / 2;
      if (records[middle - 1] == other.records[middle - 1]) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }
  // Where the present timeline's ancestor `timeline` ended; the largest position where it is the present one, 0 where it
  // is no ancestor.
  [[nodiscard]] Lsn end_of(std::uint32_t ancestor) const {
    if (ancestor == timeline) return ~Lsn{0};
    for (const TimelineSwitch& one : history) {
      if (one.from == ancestor) return one.at;
    }
    return 0;
  }
};

}  // namespace tamada::simulation
