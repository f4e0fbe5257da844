// PostmasterPid: what stands in postmaster.pid, the lock file of a data directory (PostgreSQL's
// miscadmin.h, LOCK_FILE_LINE_*): process id, data directory, start time, port, socket directory, first
// listening address, shared memory key, status. The last ones appear while the server starts.
//
// The file may be of a server that is long gone, cut off by a full disk, or be written at this moment: a line
// that no newline ends is not there yet. Whose process the number is now, the file cannot tell: who sends
// signals compares start time, executable and working directory first.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tamada::agent {

// What the postmaster tells pg_ctl.
enum class PostmasterStatus {
  starting,      // also while it recovers and lets nobody in
  stopping,      // not written by 13 to 17 in every case: it may also be gone without having said so
  ready,         // lets sessions in
  standby,       // a standby that does not (hot_standby off)
  unrecognized,  // something else stands there
};

struct PostmasterPid {
  std::optional<std::int32_t> pid;  // positive
  // A backend that runs alone (postgres --single, initdb, pg_rewind's recovery) holds the directory: its
  // number stands there negative.
  bool is_single_user = false;
  std::optional<std::string> data_directory;
  std::optional<std::int64_t> start_time;  // seconds since 1970, by the clock at that time
  std::optional<std::uint16_t> port;
  std::optional<std::string> socket_directory;  // empty: none
  std::optional<std::string> listen_address;    // the first one; empty: none
  std::optional<PostmasterStatus> status;

  bool operator==(const PostmasterPid&) const = default;
};

// Any length, any bytes. What cannot be read is none.
[[nodiscard]] PostmasterPid parse_postmaster_pid(std::string_view content);

}  // namespace tamada::agent
