#include "agent/postgres/formats/rewind_ladder.h"

#include <catch2/catch.hpp>

using namespace tamada::agent;

namespace {

RewindProgress fit() {
  RewindProgress progress;
  progress.may_rewind = true;
  progress.leader_is_fit = true;
  return progress;
}

RewindProgress failed(RewindFailure failure, int rewinds = 1) {
  RewindProgress progress = fit();
  progress.rewinds = rewinds;
  progress.last_failure = failure;
  return progress;
}

}  // namespace

TEST_CASE("pg_rewind comes first, once the leader is fit", "[rewind_ladder]") {
  RewindProgress progress = fit();
  CHECK(next_rewind_step(progress) == RewindStep::rewind);
  progress.leader_is_fit = false;
  CHECK(next_rewind_step(progress) == RewindStep::wait_for_leader);
}

TEST_CASE("a server that was not shut down cleanly recovers before it, once", "[rewind_ladder]") {
  RewindProgress progress = fit();
  progress.needs_crash_recovery = true;
  CHECK(next_rewind_step(progress) == RewindStep::crash_recovery);
  progress.crash_recovery_tried = true;
  CHECK(next_rewind_step(progress) == RewindStep::rewind);
}

TEST_CASE("where rewinding is not allowed a clone is made, or nothing", "[rewind_ladder]") {
  RewindProgress progress;
  CHECK(next_rewind_step(progress) == RewindStep::give_up);
  progress.may_clone = true;
  CHECK(next_rewind_step(progress) == RewindStep::clone);
}

TEST_CASE("a missing segment is fetched before anything else is tried", "[rewind_ladder]") {
  RewindProgress progress = failed(RewindFailure::missing_wal);
  progress.can_fetch_missing = true;
  CHECK(next_rewind_step(progress) == RewindStep::fetch_segment);
  progress.last_failure.reset();  // it was fetched
  progress.can_fetch_missing = false;
  CHECK(next_rewind_step(progress) == RewindStep::rewind);
}

TEST_CASE("a missing segment that nobody has ends in a clone, or in a failure that is told",
          "[rewind_ladder]") {
  RewindProgress progress = failed(RewindFailure::missing_wal);
  CHECK(next_rewind_step(progress) == RewindStep::give_up);
  progress.may_clone = true;
  CHECK(next_rewind_step(progress) == RewindStep::clone);
}

TEST_CASE("a leader that went away costs nothing but time", "[rewind_ladder]") {
  RewindProgress progress = failed(RewindFailure::source_unavailable, 100);
  progress.may_clone = true;
  CHECK(next_rewind_step(progress) == RewindStep::rewind);
  progress.leader_is_fit = false;
  CHECK(next_rewind_step(progress) == RewindStep::wait_for_leader);
  CHECK(next_rewind_step(failed(RewindFailure::cancelled, 5)) == RewindStep::rewind);
}

TEST_CASE("an unclean target recovers if it has not, and else counts as lost", "[rewind_ladder]") {
  RewindProgress progress = failed(RewindFailure::target_not_clean);
  CHECK(next_rewind_step(progress) == RewindStep::crash_recovery);
  progress.crash_recovery_tried = true;
  CHECK(next_rewind_step(progress) == RewindStep::give_up);
}

TEST_CASE("any other failure gets one more try", "[rewind_ladder]") {
  CHECK(next_rewind_step(failed(RewindFailure::other, 1)) == RewindStep::rewind);
  CHECK(next_rewind_step(failed(RewindFailure::other, 2)) == RewindStep::give_up);
  RewindProgress progress = failed(RewindFailure::other, 2);
  progress.may_clone = true;
  CHECK(next_rewind_step(progress) == RewindStep::clone);
}

TEST_CASE("every step has a name", "[rewind_ladder]") {
  for (const RewindStep step : {RewindStep::crash_recovery, RewindStep::rewind, RewindStep::fetch_segment,
                                RewindStep::wait_for_leader, RewindStep::clone, RewindStep::give_up}) {
    CHECK_FALSE(std::string(name_of(step)).empty());
  }
}
