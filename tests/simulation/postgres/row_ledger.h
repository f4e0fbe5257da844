// RowLedger: what was promised to clients: each row whose commit was acknowledged, where, and what stood behind it.
#pragma once

#include <string>
#include <vector>

#include "common/base/time.h"
#include "tests/simulation/postgres/wal_book.h"

namespace tamada::simulation {

struct AcknowledgedRow {
  RowNumber row = 0;
  WalPoint point;
  std::string node;
  std::uint32_t timeline = 0;
  // The standbys that had flushed it when it was acknowledged, and were waited for. Empty: synchronous replication did
  // not cover it.
  std::vector<std::string> covered_by;
  TimePoint when;
};

class RowLedger {
 public:
  void acknowledge(AcknowledgedRow row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] const std::vector<AcknowledgedRow>& rows() const { return rows_; }

  enum class Which { all, covered };
  // Those that are not in the log that ends at `log`.
  [[nodiscard]] std::vector<AcknowledgedRow> missing_from(const WalBook& book, WalPoint log,
                                                          Which which) const {
    std::vector<AcknowledgedRow> missing;
    for (const AcknowledgedRow& row : rows_) {
      if (which == Which::covered && row.covered_by.empty()) continue;
      if (!book.contains(log, row.point)) missing.push_back(row);
    }
    return missing;
  }

 private:
  std::vector<AcknowledgedRow> rows_;
};

}  // namespace tamada::simulation
