#include "agent/postgres/formats/rewind_ladder.h"

namespace tamada::agent {

namespace {

RewindStep after_all(const RewindProgress& progress) {
  return progress.may_clone ? RewindStep::clone : RewindStep::give_up;
}

RewindStep rewind_once_fit(const RewindProgress& progress) {
  return progress.leader_is_fit ? RewindStep::rewind : RewindStep::wait_for_leader;
}

}  // namespace

const char* name_of(RewindStep step) {
  switch (step) {
    case RewindStep::crash_recovery:
      return "crash recovery in single-user mode";
    case RewindStep::rewind:
      return "pg_rewind";
    case RewindStep::fetch_segment:
      return "fetch a missing segment of the log";
    case RewindStep::wait_for_leader:
      return "wait for the leader";
    case RewindStep::clone:
      return "clone anew";
    case RewindStep::give_up:
      return "rewind failed";
  }
  return "";
}

RewindStep next_rewind_step(const RewindProgress& progress) {
  if (!progress.may_rewind) return after_all(progress);
  if (progress.needs_crash_recovery && !progress.crash_recovery_tried) return RewindStep::crash_recovery;
  if (!progress.last_failure) return rewind_once_fit(progress);
  switch (*progress.last_failure) {
    case RewindFailure::source_unavailable:
    case RewindFailure::cancelled:
      return rewind_once_fit(progress);
    case RewindFailure::target_not_clean:
      if (!progress.crash_recovery_tried) return RewindStep::crash_recovery;
      break;
    case RewindFailure::missing_wal:
      if (progress.can_fetch_missing) return RewindStep::fetch_segment;
      break;
    case RewindFailure::other:
      if (progress.rewinds < 2) return rewind_once_fit(progress);
      break;
  }
  return after_all(progress);
}

}  // namespace tamada::agent
