// ServerSighting: what one look at the server found, before anything is concluded from it (ServerJudge does). Values.
#pragma once

#include <optional>
#include <string>

#include "agent/guard/protocol/report.h"
#include "agent/ha/server_view.h"
#include "agent/postgres/formats/control_data.h"
#include "agent/postgres/formats/postmaster_pid.h"
#include "agent/postgres/server_query.h"
#include "common/postgres/client/failure.h"

namespace tamada::agent {

// What became of a new session. Either status or failure is there.
struct SqlSighting {
  TimePoint answered{};
  std::optional<ServerStatus> status;
  std::optional<postgres::Failure> failure;
  // What postmaster.pid says where the server did not tell whether it starts, stops or stands still.
  bool is_file_read = false;
  std::optional<PostmasterStatus> file_status;  // none: not there yet, or not any more
  // Of a standby that shows no WAL receiver and has no primary_conninfo: nor is there one that still connects, which
  // pg_stat_wal_receiver does not show.
  bool has_no_receiver_process = false;
  // A flush of the log was asked for, at this flushed position (FlushWatch::to_probe()).
  std::optional<WalPosition> probed_at;
};

// The data directory, where no server runs.
struct DiskSighting {
  ha::DataState data = ha::DataState::unknown;
  // A postmaster that the guard does not know works there, or it cannot be told: `data` is unknown then.
  bool may_be_in_use = false;
  std::optional<ControlData> control;  // of `present`
  WalPosition checkpoint = 0;          // the last one's position; 0: not known
  bool has_signal_file = false;        // standby.signal or recovery.signal: it would not come up as a primary
  std::string problem;                 // of `unknown` and `broken`, for people
};

struct ServerSighting {
  TimePoint as_of{};                        // when the look began
  std::optional<guard::GuardStatus> guard;  // none: there is none
  std::optional<SqlSighting> sql;           // none: not asked
  std::optional<DiskSighting> disk;         // as last known; none: nothing is known
};

}  // namespace tamada::agent
