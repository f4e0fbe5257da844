// ServerQuery: everything that one cycle wants to know of the local server, asked in one round trip (Patroni's contract
// 3.2 item 1, 1.7); PostgreSQL 13 to 17, primary and standby alike.
//
//   connection.ask(server_query({.major = 15}), limits, [](const Answer& answer) { parse_server_status(answer) ... });
//
// Positions of a primary are none on a standby and the other way round. A promotion may come between two of the
// values: `in_recovery` was read first, so that what belongs to the other role is none.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/postgres/formats/wal_position.h"
#include "common/postgres/client/statement.h"

namespace tamada::agent {

struct ReceiverStatus {
  pid_t pid = 0;
  std::string status;                  // streaming, waiting, stopping, ...
  std::optional<Timeline> timeline;    // received
  std::optional<WalPosition> written;  // not flushed yet
  std::optional<WalPosition> flushed;
  std::optional<WalPosition> latest_end;  // of the sender, as it said last
  std::string slot_name;                  // empty: without
  std::string conninfo;                   // without the password; empty before it is connected
  bool operator==(const ReceiverStatus&) const = default;
};

struct SlotStatus {
  std::string name;
  bool is_logical = false;
  std::string plugin;    // of logical ones
  std::string database;  // likewise
  bool is_active = false;
  bool is_temporary = false;
  bool has_xmin = false;  // holds rows back: xmin, or of a physical one catalog_xmin
  std::optional<WalPosition> restart;
  std::optional<WalPosition> confirmed;
  std::string wal_status;                      // reserved, extended, unreserved, lost; empty: holds nothing
  bool is_failover = false;                    // 17
  bool is_synced = false;                      // 17
  std::optional<std::int64_t> retained_bytes;  // of the log, by it
  bool operator==(const SlotStatus&) const = default;
};

struct SenderStatus {
  pid_t pid = 0;
  std::string user;
  std::string application_name;
  std::string client_address;  // empty: by socket
  std::string state;           // streaming, catchup, backup, startup, stopping
  std::string sync_state;      // async, potential, sync, quorum
  std::optional<int> sync_priority;
  std::optional<WalPosition> written;
  std::optional<WalPosition> flushed;
  std::optional<WalPosition> replayed;
  bool is_logical = false;  // by its slot; a logical one without a slot looks like a physical one
  bool operator==(const SenderStatus&) const = default;
};

struct ServerStatus {
  bool in_recovery = false;
  int server_version = 0;  // 150018
  std::uint64_t system_identifier = 0;
  std::string postmaster_start_time;            // "2026-11-29 11:17:20.123456+00:00"
  std::optional<Timeline> checkpoint_timeline;  // of pg_control

  // Of a primary.
  std::optional<Timeline> timeline;
  std::optional<WalPosition> inserted;
  std::optional<WalPosition> flushed;
  // Of a standby.
  std::optional<WalPosition> received;  // flushed
  std::optional<WalPosition> replayed;
  std::optional<std::string> replayed_at;  // time of the last transaction that was replayed
  bool is_replay_paused = false;
  std::optional<ReceiverStatus> receiver;

  std::string synchronous_commit;
  std::string synchronous_standby_names;
  std::string restore_command;
  std::string primary_conninfo;  // of the session that was asked; may hold a password: not to be shown
  std::string primary_slot_name;
  std::vector<std::string> pending_restart;  // names, sorted

  std::vector<SlotStatus> slots;      // by name
  std::vector<SenderStatus> senders;  // by process

  bool operator==(const ServerStatus&) const = default;
};

struct ServerQueryOptions {
  int major = 0;              // 13 to 17 and later
  bool with_settings = true;  // pending_restart: goes through all settings, about a millisecond
};
[[nodiscard]] postgres::Statement server_query(const ServerQueryOptions& options);

// Errors: the server's (its sqlstate is in the answer), or a result of another form than was asked for.
[[nodiscard]] Result<ServerStatus> parse_server_status(const postgres::Answer& answer);

// How far it has come: of a primary the flushed position, of a standby the greater of received and replayed.
[[nodiscard]] std::optional<WalPosition> position_of(const ServerStatus& status);

}  // namespace tamada::agent
