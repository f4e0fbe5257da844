// Where a shutdown checkpoint's record ends, from pg_waldump (Patroni's rewind.py does the same).
//
// How long the record is depends on version and platform, so it is read: pg_waldump is asked for two records from
// the checkpoint on. It prints the one, and fails at the next, whose place its error names:
//
//   pg_waldump: error: error in WAL record at 0/182E220: invalid record length at 0/182E298: wanted 24, got 0
//
// PostgreSQL 16 and 17 say "expected at least 24, got 0". LC_ALL=C.
#pragma once

#include <optional>
#include <string_view>

#include "agent/postgres/formats/wal_position.h"

namespace tamada::agent {

// None: pg_waldump printed another record than this one, more than one (something follows the checkpoint), or
// failed for another reason than that nothing stands there.
[[nodiscard]] std::optional<WalPosition> checkpoint_end_in(std::string_view standard_output,
                                                           std::string_view standard_error,
                                                           WalPosition checkpoint);

// One record as pg_waldump prints it.
struct WalRecord {
  std::string_view manager;  // "XLOG"; into the text that was given
  WalPosition position = 0;
  WalPosition previous = 0;
  std::string_view description;  // "CHECKPOINT_SHUTDOWN redo 0/182E220; ...", "SWITCH "
};
[[nodiscard]] std::optional<WalRecord> parse_waldump_line(std::string_view line);

// The position that a primary published last before it was shut down: its shutdown checkpoint; or, where archiving
// had switched to a new segment just before, the record before that switch is what replicas can have (3.9 of
// Patroni's contract). `record_before` is the record that the checkpoint names as its previous one.
[[nodiscard]] WalPosition shutdown_position(WalPosition checkpoint,
                                            const std::optional<WalRecord>& record_before);

}  // namespace tamada::agent
