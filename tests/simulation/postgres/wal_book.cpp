#include "tests/simulation/postgres/wal_book.h"

#include <algorithm>
#include <cassert>

namespace tamada::simulation {
namespace {

constexpr Lsn first_lsn = 0x1000000;

Lsn size_of(WalRecord::Kind kind) {
  return kind == WalRecord::Kind::row ? 0xa0 : 0x78;
}

}  // namespace

WalPoint WalBook::open(std::optional<WalPoint> from, std::uint32_t timeline, Lsn start) {
  branches_.push_back({from, timeline, start, {}});
  return {static_cast<std::uint32_t>(branches_.size() - 1), 0};
}

WalPoint WalBook::push(std::uint32_t branch, WalRecord::Kind kind, RowNumber row) {
  Branch& into = branches_[branch];
  const Lsn before = into.records.empty() ? into.start : into.records.back().end;
  into.records.push_back({kind, row, before + size_of(kind)});
  return {branch, static_cast<std::uint32_t>(into.records.size())};
}

WalPoint WalBook::begin() {
  return push(open(std::nullopt, 1, first_lsn).branch, WalRecord::Kind::shutdown_checkpoint, 0);
}

WalPoint WalBook::append(WalPoint from, WalRecord::Kind kind, RowNumber row) {
  if (from.records == branches_[from.branch].records.size()) return push(from.branch, kind, row);
  // Somebody went on from here already.
  return push(open(from, timeline(from), lsn(from)).branch, kind, row);
}

WalPoint WalBook::promote(WalPoint from, std::uint32_t timeline) {
  return push(open(from, timeline, lsn(from)).branch, WalRecord::Kind::end_of_recovery, 0);
}

const WalRecord& WalBook::last_record(WalPoint point) const {
  assert(point.records > 0);
  return branches_[point.branch].records[point.records - 1];
}

Lsn WalBook::lsn(WalPoint point) const {
  return last_record(point).end;
}

std::optional<WalPoint> WalBook::passing(WalPoint log, std::uint32_t branch) const {
  // A branch is made after the one it comes from.
  while (log.branch > branch) {
    const std::optional<WalPoint>& from = branches_[log.branch].from;
    if (!from) return std::nullopt;
    log = *from;
  }
  return log.branch == branch ? std::optional(log) : std::nullopt;
}

bool WalBook::contains(WalPoint log, WalPoint inner) const {
  const std::optional<WalPoint> there = passing(log, inner.branch);
  return there && there->records >= inner.records;
}

std::optional<WalPoint> WalBook::common(WalPoint left, WalPoint right) const {
  for (std::optional<WalPoint> mine = left; mine; mine = branches_[mine->branch].from) {
    if (const auto theirs = passing(right, mine->branch)) {
      return WalPoint{mine->branch, std::min(mine->records, theirs->records)};
    }
  }
  return std::nullopt;
}

WalPoint WalBook::at(WalPoint log, Lsn wanted) const {
  for (;;) {
    const Branch& branch = branches_[log.branch];
    const auto end = branch.records.begin() + log.records;
    const auto after = std::upper_bound(branch.records.begin(), end, wanted,
                                        [](Lsn lsn, const WalRecord& record) { return lsn < record.end; });
    const auto count = static_cast<std::uint32_t>(after - branch.records.begin());
    if (count > 0) return {log.branch, count};
    if (!branch.from) return {log.branch, 1};
    log = *branch.from;
  }
}

std::vector<TimelineSwitch> WalBook::history(WalPoint log) const {
  std::vector<TimelineSwitch> switches;
  for (std::optional<WalPoint> from = branches_[log.branch].from; from; from = branches_[log.branch].from) {
    if (timeline(*from) != timeline(log)) switches.push_back({timeline(*from), lsn(*from)});
    log = *from;
  }
  std::reverse(switches.begin(), switches.end());
  return switches;
}

std::vector<RowNumber> WalBook::rows(WalPoint log) const {
  std::vector<RowNumber> found;
  for (std::optional<WalPoint> point = log; point; point = branches_[point->branch].from) {
    const auto& records = branches_[point->branch].records;
    for (std::uint32_t i = point->records; i > 0; --i) {
      if (records[i - 1].kind == WalRecord::Kind::row) found.push_back(records[i - 1].row);
    }
  }
  std::reverse(found.begin(), found.end());
  return found;
}

}  // namespace tamada::simulation
