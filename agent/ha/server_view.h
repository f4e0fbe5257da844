// ServerView: what is known of the node's own PostgreSQL, of one look at it. A later look replaces an earlier one whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/ha/store_view.h"
#include "common/base/time.h"

namespace tamada::ha {

// The data directory.
enum class DataState {
  unknown,  // could not be looked at: nothing may be concluded
  absent,   // there is none, or it is empty
  broken,   // there is something, but its control file cannot be read
  present,
};

// The server that runs on it.
enum class ServerKind {
  unknown,   // could not be looked at
  stopped,   // no process of it is left
  starting,  // there is a postmaster, and it takes no connections yet, crash recovery included
  standby,   // takes connections and is in recovery
  primary,   // takes connections and is not in recovery
  stopping,
  hung,  // there is a postmaster, and a new connection is not answered
};

// What pg_control says of a server that does not run.
enum class ControlState {
  unknown,
  shut_down,              // a primary, in good order
  shut_down_in_recovery,  // a standby, in good order
  in_production,          // a primary that crashed
  in_crash_recovery,      // a primary that crashed while it recovered
  in_archive_recovery,    // a standby that crashed
};

// One row of pg_stat_replication.
struct WalSender {
  std::string name;  // application_name
  bool is_streaming = false;
  bool is_sync = false;  // sync_state = sync
  // What it has: flushed, or, where commits wait for that (synchronous_commit = remote_apply), replayed.
  std::optional<Lsn> flushed;

  bool operator==(const WalSender&) const = default;
};

struct ServerView {
  TimePoint as_of{};  // when the look began: what it saw was so then or later
  DataState data = DataState::unknown;
  ServerKind kind = ServerKind::unknown;
  std::string system_id;          // empty: not known
  std::uint32_t timeline = 0;     // 0: not known
  std::uint64_t postmaster = 0;   // changes with each start of a postmaster; 0: none runs
  std::optional<Lsn> written;     // primary: flushed
  std::optional<Lsn> received;    // standby
  std::optional<Lsn> replayed;    // standby
  bool is_receiver_gone = false;  // standby: no WAL receiver runs, and none can start (no primary_conninfo)
  std::string follows;        // standby: the member that primary_conninfo names; empty: nobody, or not known
  bool is_receiving = false;  // standby: its WAL receiver streams
  ControlState control = ControlState::unknown;  // stopped: of pg_control
  bool has_standby_signal = false;               // stopped: it would start as a standby
  Lsn checkpoint = 0;                            // stopped: the last checkpoint's position
  bool is_stalled = false;         // primary: WAL that was inserted is not flushed within its budget
  std::vector<WalSender> senders;  // primary
  // primary: the names in synchronous_standby_names that every backend honours, so some time after the reload.
  std::vector<std::string> synchronous_names;

  // max(received, replayed) of a standby, flushed of a primary, the checkpoint of a stopped server.
  [[nodiscard]] std::optional<Lsn> position() const;
  // Stopped: it would come up as the primary that it was.
  [[nodiscard]] bool was_primary() const;
};

}  // namespace tamada::ha
