// FlushWatch: does the write-ahead log that was inserted reach the disk? Of one primary. Pure.
//
// Log that nobody waits for (of a transaction that has not ended) may lie in the buffers of a healthy server for half a
// minute: nothing asks for it. So once it has lain for `probe_after` somebody has to ask (to_probe()): a commit that waits for
// this disk alone. Only what does not move then either is stalled.
#pragma once

#include <optional>

#include "agent/postgres/formats/wal_position.h"
#include "common/base/time.h"

namespace tamada::agent {

class FlushWatch {
 public:
  static constexpr Duration budget = 10s;
  static constexpr Duration probe_after = 4s;

  // Of one look: asked then, answered then.
  void saw(TimePoint asked, TimePoint answered, WalPosition inserted, WalPosition flushed);
  void probed(WalPosition flushed);
  void forget();

  // Something lies there; whether it is stalled is to be seen.
  [[nodiscard]] bool is_suspicious() const { return flushed_.has_value(); }
  [[nodiscard]] bool is_stalled() const { return flushed_ && unmoved_ >= budget; }
  // The flushed position that has not moved, if a flush is to be asked for, once for each.
  [[nodiscard]] std::optional<WalPosition> to_probe() const;

 private:
  std::optional<WalPosition> flushed_;
  TimePoint since_{};
  Duration unmoved_{};
  bool is_probed_ = false;
};

}  // namespace tamada::agent
