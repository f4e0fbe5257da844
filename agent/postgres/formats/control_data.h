// ControlData: what pg_controldata says of a data directory (PostgreSQL 13 to 17), as values.
//
// The program has to run with LC_ALL=C: its labels are translated otherwise, and then nothing is found here,
// which is not wrong but useless. Lines before, between and after the known ones are passed over. **What is
// missing, cannot be read or stands there twice with different values is unknown (none), and unknown means
// nothing**: not another cluster, not a fresh one, not "off".
//
// Where the program warns that the checksum of the file does not match, or that its byte order is another
// one, the values that it prints are not worth anything ("untrustworthy", in its own words): all of them are
// unknown then, and the flag says why.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "agent/postgres/formats/wal_position.h"

namespace tamada::agent {

// "Database cluster state"; unrecognized: a text that is none of the others (a translated one, or that of a
// later version).
enum class ClusterState {
  starting_up,
  shut_down,
  shut_down_in_recovery,
  shutting_down,
  in_crash_recovery,
  in_archive_recovery,
  in_production,
  unrecognized,
};
// As pg_controldata prints it; "unrecognized".
[[nodiscard]] std::string_view name_of(ClusterState state);

// The settings that a standby must have at least as high as its primary had them.
struct ControlSettings {
  std::optional<std::uint32_t> max_connections;
  std::optional<std::uint32_t> max_worker_processes;
  std::optional<std::uint32_t> max_wal_senders;
  std::optional<std::uint32_t> max_prepared_transactions;
  std::optional<std::uint32_t> max_locks_per_transaction;

  bool operator==(const ControlSettings&) const = default;
};

struct ControlData {
  // The checksum of the file or its byte order does not match: nothing else is known.
  bool is_damaged = false;

  std::optional<std::uint32_t> control_version;    // 1300
  std::optional<std::uint64_t> system_identifier;  // never 0
  std::optional<ClusterState> state;
  std::optional<WalPosition> checkpoint;  // of the latest checkpoint record; never 0
  std::optional<WalPosition> redo;        // where recovery from it begins; never 0
  std::optional<Timeline> timeline;       // of the latest checkpoint; never 0
  std::optional<Timeline> previous_timeline;
  // 0 and timeline 0: no recovery from a backup or stream was under way.
  std::optional<WalPosition> min_recovery_end;
  std::optional<Timeline> min_recovery_end_timeline;
  std::optional<bool> wal_log_hints;
  std::optional<std::uint32_t> data_checksum_version;  // 0: without checksums
  ControlSettings settings;
  std::optional<std::uint64_t> wal_segment_size;  // bytes; one that is_wal_segment_size()

  bool operator==(const ControlData&) const = default;
};

// `output`: standard output and standard error of the program, in any order; any length, any bytes.
[[nodiscard]] ControlData parse_control_data(std::string_view output);

// Can pg_rewind work on it: wal_log_hints or data checksums (manual, "pg_rewind")? None: neither is known to be
// on, and not both are known to be off.
[[nodiscard]] std::optional<bool> allows_rewind(const ControlData& control);

}  // namespace tamada::agent
