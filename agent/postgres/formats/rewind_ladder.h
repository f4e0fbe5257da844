// next_rewind_step(): what is done, in order, to bring a node whose data has diverged back behind its leader.
//
//   1. a server that was not shut down cleanly recovers in single-user mode, once (never over a backup_label)
//   2. pg_rewind
//   3. where it lacks a segment of the log: fetch that segment with restore_command, and pg_rewind again; each
//      segment is fetched once
//   4. where the leader could not be reached or was not fit: wait, and pg_rewind again
//   5. any other failure: one more try
//   6. a new clone, where the configuration allows it
//   7. the node stays down and says "rewind failed"
//
// A node whose rewind failed is never started as it is: it would wait for ever for log that nobody has
// (agent-cases.md, row 10). An interrupted pg_rewind leaves a directory that only another pg_rewind or a clone can
// mend.
#pragma once

#include <optional>

namespace tamada::agent {

// How the last pg_rewind ended (rewind_output.h).
enum class RewindFailure {
  missing_wal,         // a segment of the local log is gone
  target_not_clean,    // the local server was not shut down cleanly, and pg_rewind could not mend that
  source_unavailable,  // no session with the leader, it ended, or it is no primary
  cancelled,           // it was ended on purpose, or by its deadline
  other,
};

struct RewindProgress {
  bool may_rewind = false;  // use_pg_rewind, and allows_rewind(ControlData) is not false
  // remove_data_directory_on_rewind_failure or ..._on_diverged_timelines, and the leader is known and well.
  bool may_clone = false;
  bool leader_is_fit = false;         // it is out of recovery and has checkpointed since its promotion
  bool needs_crash_recovery = false;  // pg_control says so, and there is no backup_label
  bool crash_recovery_tried = false;
  int rewinds = 0;  // that have failed
  // Of the last pg_rewind; none: none ran, or what it lacked was mended since (crash recovery ran, the segment
  // was fetched).
  std::optional<RewindFailure> last_failure;
  // pg_rewind named the missing segment, there is a restore_command, and this segment was not asked of it before.
  bool can_fetch_missing = false;
};

enum class RewindStep {
  crash_recovery,  // single-user mode
  rewind,
  fetch_segment,
  wait_for_leader,
  clone,
  give_up,  // "rewind failed"
};
[[nodiscard]] const char* name_of(RewindStep step);

[[nodiscard]] RewindStep next_rewind_step(const RewindProgress& progress);

}  // namespace tamada::agent
