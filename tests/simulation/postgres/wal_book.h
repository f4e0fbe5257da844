// WalBook: all write-ahead log that was ever written by the servers of one history, with its forks.
//
// A server's log is a point in here: everything before it is what the server has. Servers that stream from each other
// share what they have in common. A server that goes on from a point where another one went on already makes a branch:
// on a timeline of its own after a promotion, on the same timeline where a server lost its last records and wrote others,
// or where two were promoted to timelines of one number. Then equal timelines and positions name different things, as
// they do in reality; only this book can tell (common, contains).
//
// Positions are bytes, as PostgreSQL's: the end of the last record. Points are good for the life of the book.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace tamada::simulation {

using Lsn = std::uint64_t;
using RowNumber = std::uint64_t;

struct WalPoint {
  std::uint32_t branch = 0;
  std::uint32_t records = 0;  // how many of the branch; at least 1, but for the beginning of all

  bool operator==(const WalPoint&) const = default;
};

struct WalRecord {
  enum class Kind { row, checkpoint, shutdown_checkpoint, end_of_recovery };
  Kind kind = Kind::row;
  RowNumber row = 0;
  Lsn end = 0;
};

// A line of a timeline history: the timeline ended there, and the next one begins.
struct TimelineSwitch {
  std::uint32_t timeline = 0;
  Lsn end = 0;

  bool operator==(const TimelineSwitch&) const = default;
};

class WalBook {
 public:
  // A new cluster (initdb): its first checkpoint, on timeline 1.
  [[nodiscard]] WalPoint begin();
  // The next record after `from`, on the same timeline.
  [[nodiscard]] WalPoint append(WalPoint from, WalRecord::Kind kind, RowNumber row = 0);
  // The first record of another timeline, an end of recovery.
  [[nodiscard]] WalPoint promote(WalPoint from, std::uint32_t timeline);

  [[nodiscard]] Lsn lsn(WalPoint point) const;
  [[nodiscard]] std::uint32_t timeline(WalPoint point) const { return branches_[point.branch].timeline; }
  [[nodiscard]] const WalRecord& last_record(WalPoint point) const;
  // `inner` is `log` itself, or lies before it on its way.
  [[nodiscard]] bool contains(WalPoint log, WalPoint inner) const;
  // The last point that both have; nullopt: they come from different clusters.
  [[nodiscard]] std::optional<WalPoint> common(WalPoint left, WalPoint right) const;
  // The last point before or at `lsn` on the way to `log`; the first record where it lies before that.
  [[nodiscard]] WalPoint at(WalPoint log, Lsn lsn) const;
  // The timelines before that of `log`, oldest first.
  [[nodiscard]] std::vector<TimelineSwitch> history(WalPoint log) const;
  // The rows up to `log`, in order.
  [[nodiscard]] std::vector<RowNumber> rows(WalPoint log) const;

 private:
  struct Branch {
    std::optional<WalPoint> from;
    std::uint32_t timeline = 1;
    Lsn start = 0;
    std::vector<WalRecord> records;
  };
  [[nodiscard]] WalPoint open(std::optional<WalPoint> from, std::uint32_t timeline, Lsn start);
  WalPoint push(std::uint32_t branch, WalRecord::Kind kind, RowNumber row);
  // Where the way to `log` leaves `branch`; nullopt: it does not pass it.
  [[nodiscard]] std::optional<WalPoint> passing(WalPoint log, std::uint32_t branch) const;

  std::vector<Branch> branches_;
};

}  // namespace tamada::simulation
