// BackupLabel: the file backup_label of a data directory that was copied from a running server. While it is
// there, recovery begins where it says and not where pg_control says: who removes it, or starts single-user
// mode over it, loses data.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/postgres/formats/wal_position.h"

namespace tamada::agent {

struct BackupLabel {
  std::optional<WalPosition> start;       // START WAL LOCATION
  std::optional<WalPosition> checkpoint;  // CHECKPOINT LOCATION
  std::optional<Timeline> timeline;       // START TIMELINE
  std::optional<bool> from_standby;       // BACKUP FROM: standby or primary
  bool is_incremental = false;            // 17: INCREMENTAL FROM LSN stands there; no server starts from it

  bool operator==(const BackupLabel&) const = default;
};

// Any length, any bytes. That the file is there counts, even where nothing in it can be read.
[[nodiscard]] BackupLabel parse_backup_label(std::string_view content);

}  // namespace tamada::agent
