// What is asked of a PostgresModel and what it shows, as plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "tests/simulation/postgres/wal_book.h"

namespace tamada::simulation {

// What the data directory holds.
enum class DirectoryState {
  empty,
  whole,
  broken,  // a rewind was interrupted: no server starts on it
};

// pg_controldata's "Database cluster state".
enum class ControlState { in_production, shut_down, in_recovery, shut_down_in_recovery };

enum class ServerState {
  down,
  starting,  // the postmaster runs, nobody can log in: recovery, or not consistent yet
  running,   // primary, or hot standby
  stopping,  // a fast stop: no sessions any more, the log still goes to the replicas
};

enum class StartRole { primary, standby };
enum class StopMode { fast, immediate };

// Why a server does not start, or an action on the directory came to nothing.
enum class PostgresFault {
  none,
  no_directory,  // empty
  directory_broken,
  already_running,
  orphans_in_the_way,  // processes of a former postmaster still use the memory
  disk_full,
  not_in_recovery,  // promote
  not_consistent,   // promote, too early after a rewind or a clone
  not_needed,       // a rewind that had nothing to do
  not_shut_down,    // a rewind of a server that crashed
  source_unreachable,
  source_lost,    // on the way
  other_cluster,  // another system identifier
  wal_gone,       // what a rewind would need was recycled
  interrupted,
  busy,  // another action is on its way
};

// What a new connection meets.
enum class Greeting {
  answers,
  refused,      // nothing listens
  starting_up,  // SQLSTATE 57P03
  shutting_down,
  hangs,  // the postmaster, or everything, is frozen: nothing comes
};

enum class WriteOutcome {
  acknowledged,
  refused,  // read-only, or the session is gone: it was not carried out
  unknown,  // the session ended after it may have been carried out
};

// synchronous_standby_names. No names: none. "*" stands for every standby.
struct SyncNames {
  int count = 0;
  std::vector<std::string> names;
  bool any = false;  // ANY n instead of FIRST n

  [[nodiscard]] bool is_set() const { return count > 0; }
  bool operator==(const SyncNames&) const = default;
};

// How long things take. Each may be changed at any time, and holds for what begins afterwards.
struct PostgresTimes {
  Duration start = 200ms;       // a postmaster, until recovery begins
  Duration recovery = 500ms;    // after a crash
  Duration promotion = 200ms;   // until writable
  Duration checkpoint = 300ms;  // the one after a promotion, and the one of a stop
  Duration stop = 50ms;         // until all sessions are gone
  Duration flush = 1ms;
  Duration apply_delay{};  // recovery_min_apply_delay
  Duration rewind = 3s;
  Duration clone = 10s;
  Duration initdb = 2s;
  Duration receiver_stops = 20ms;  // after its SIGTERM
  Duration retry = 5s;             // wal_retrieve_retry_interval
  Duration silence = 60s;          // wal_receiver_timeout, wal_sender_timeout
};

// One line of pg_stat_replication.
struct SenderStatus {
  std::string replica;
  Lsn sent = 0;
  Lsn flushed = 0;
  Lsn replayed = 0;
  bool is_sync = false;  // one of those that commits wait for now

  bool operator==(const SenderStatus&) const = default;
};

// What SQL, pg_controldata and the process table would say.
struct PostgresStatus {
  ServerState state = ServerState::down;
  bool in_recovery = false;
  bool promoting = false;
  std::uint64_t postmaster = 0;  // another one for each start of a postmaster; 0: none
  std::uint32_t timeline = 0;    // of the last record
  Lsn inserted = 0;              // on a primary
  Lsn received = 0;              // on a standby: written by the receiver
  Lsn flushed = 0;
  Lsn replayed = 0;
  bool receiver_runs = false;  // and is connected: one that cannot connect ends
  std::string upstream;        // that it was told to follow; empty: none
  SyncNames sync;
  std::vector<SenderStatus> senders;
};

struct ControlData {
  std::uint64_t system_id = 0;
  ControlState state = ControlState::shut_down;
  Lsn checkpoint = 0;
  std::uint32_t checkpoint_timeline = 0;  // of the last checkpoint: late after a promotion
};

}  // namespace tamada::simulation
