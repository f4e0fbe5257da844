#include "agent/postgres/formats/rewind_check.h"

#include <catch2/catch.hpp>

using namespace tamada::agent;

namespace {

ControlData stopped(ClusterState state) {
  ControlData control;
  control.state = state;
  control.checkpoint = 0x5000028;
  control.timeline = 2;
  control.min_recovery_end = 0;
  control.min_recovery_end_timeline = 0;
  return control;
}

LocalEnd primary_at(Timeline timeline, WalPosition position, std::optional<WalPosition> end = std::nullopt) {
  return {false, timeline, position, end};
}
LocalEnd standby_at(Timeline timeline, WalPosition position) {
  return {true, timeline, position, std::nullopt};
}

// Timeline 3, which left 2 at 0x5000000; 2 left 1 at 0x3000000.
LeaderLog leader_on_three() {
  return {false, 3, TimelineHistory{{{1, 0x3000000, ""}, {2, 0x5000000, ""}}}};
}

RewindCheck check(RewindNeed need, RewindReason reason, std::optional<WalPosition> at = std::nullopt) {
  return {need, reason, at};
}

}  // namespace

TEST_CASE("a primary that was shut down ends at its checkpoint", "[rewind_check]") {
  const auto end = local_end_of(stopped(ClusterState::shut_down));
  REQUIRE(end);
  CHECK(*end == primary_at(2, 0x5000028));
}

TEST_CASE("a standby ends where it has to recover to", "[rewind_check]") {
  for (const ClusterState state : {ClusterState::shut_down_in_recovery, ClusterState::in_archive_recovery}) {
    ControlData control = stopped(state);
    control.min_recovery_end = 0x50000A0;
    control.min_recovery_end_timeline = 3;
    const auto end = local_end_of(control);
    REQUIRE(end);
    CHECK(*end == standby_at(3, 0x50000A0));
  }
}

TEST_CASE("a standby that never recovered is taken as the primary that it was", "[rewind_check]") {
  const auto end = local_end_of(stopped(ClusterState::shut_down_in_recovery));
  REQUIRE(end);
  CHECK(*end == primary_at(2, 0x5000028));
}

TEST_CASE("where a server ends that was not shut down is not known", "[rewind_check]") {
  for (const ClusterState state :
       {ClusterState::in_production, ClusterState::shutting_down, ClusterState::in_crash_recovery,
        ClusterState::starting_up, ClusterState::unrecognized}) {
    CHECK_FALSE(local_end_of(stopped(state)));
  }
  CHECK_FALSE(local_end_of(ControlData{}));
  ControlData control = stopped(ClusterState::shut_down);
  control.timeline.reset();
  CHECK_FALSE(local_end_of(control));
  control = stopped(ClusterState::shut_down_in_recovery);
  control.min_recovery_end_timeline.reset();
  CHECK_FALSE(local_end_of(control));
}

TEST_CASE("on the leader's timeline nothing is rewound", "[rewind_check]") {
  LeaderLog leader{false, 2, std::nullopt};
  CHECK(rewind_check(standby_at(2, 1), leader) == check(RewindNeed::not_needed, RewindReason::same_timeline));
}

TEST_CASE("a later timeline than the leader's began elsewhere", "[rewind_check]") {
  LeaderLog leader{false, 1, std::nullopt};
  CHECK(rewind_check(standby_at(2, 1), leader) ==
        check(RewindNeed::needed, RewindReason::local_timeline_is_later));
}

TEST_CASE("a replica may have replayed up to the switch and not beyond", "[rewind_check]") {
  CHECK(rewind_check(standby_at(2, 0x4FFFFFF), leader_on_three()) ==
        check(RewindNeed::not_needed, RewindReason::before_the_switch, 0x5000000));
  CHECK(rewind_check(standby_at(2, 0x5000000), leader_on_three()) ==
        check(RewindNeed::not_needed, RewindReason::before_the_switch, 0x5000000));
  CHECK(rewind_check(standby_at(2, 0x5000001), leader_on_three()) ==
        check(RewindNeed::needed, RewindReason::beyond_the_switch, 0x5000000));
  CHECK(rewind_check(standby_at(1, 0x3000001), leader_on_three()).need == RewindNeed::needed);
}

TEST_CASE("a primary may go on where its shutdown checkpoint is the last record before the switch",
          "[rewind_check]") {
  CHECK(rewind_check(primary_at(2, 0x4FFFF88, 0x5000000), leader_on_three()) ==
        check(RewindNeed::not_needed, RewindReason::ends_at_the_switch, 0x5000000));
  CHECK(rewind_check(primary_at(2, 0x4FFFF00, 0x4FFFF78), leader_on_three()).need == RewindNeed::needed);
  CHECK(rewind_check(primary_at(2, 0x5000000), leader_on_three()).need == RewindNeed::needed);
  CHECK(rewind_check(primary_at(2, 0x6000000), leader_on_three()).need == RewindNeed::needed);
}

TEST_CASE("an unknown end of the checkpoint is no reason to remove anything", "[rewind_check]") {
  CHECK(rewind_check(primary_at(2, 0x4FFFF88), leader_on_three()) ==
        check(RewindNeed::cannot_know, RewindReason::checkpoint_end_unknown, 0x5000000));
}

TEST_CASE("a timeline that is no ancestor of the leader's has diverged", "[rewind_check]") {
  LeaderLog leader = leader_on_three();
  leader.history->switches.erase(leader.history->switches.begin() + 1);
  CHECK(rewind_check(standby_at(2, 1), leader) == check(RewindNeed::needed, RewindReason::not_an_ancestor));
}

TEST_CASE("before the leader has finished its promotion nothing is decided", "[rewind_check]") {
  LeaderLog leader = leader_on_three();
  leader.is_in_recovery = true;
  CHECK(rewind_check(standby_at(2, 1), leader) ==
        check(RewindNeed::cannot_know, RewindReason::leader_in_recovery));
  leader.is_in_recovery.reset();
  CHECK(rewind_check(standby_at(2, 1), leader) ==
        check(RewindNeed::cannot_know, RewindReason::leader_unknown));
}

TEST_CASE("what is not known of either side decides nothing", "[rewind_check]") {
  CHECK(rewind_check(std::nullopt, leader_on_three()).reason == RewindReason::local_end_unknown);
  CHECK(rewind_check(standby_at(0, 1), leader_on_three()).reason == RewindReason::local_end_unknown);
  LeaderLog leader = leader_on_three();
  leader.timeline.reset();
  CHECK(rewind_check(standby_at(2, 1), leader).reason == RewindReason::leader_unknown);
  leader = leader_on_three();
  leader.history.reset();
  CHECK(rewind_check(standby_at(2, 1), leader) ==
        check(RewindNeed::cannot_know, RewindReason::history_unknown));
  leader.history = TimelineHistory{};
  CHECK(rewind_check(standby_at(2, 1), leader).reason == RewindReason::history_unknown);
  leader.history = TimelineHistory{{{2, 0x5000000, ""}, {3, 0x6000000, ""}}};
  CHECK(rewind_check(standby_at(2, 1), leader).reason == RewindReason::history_unknown);
}

TEST_CASE("the sentence names both timelines and positions", "[rewind_check]") {
  const LocalEnd local = standby_at(2, 0x5000001);
  CHECK(describe(rewind_check(local, leader_on_three()), local, leader_on_three()) ==
        "the data has diverged from the leader's: the local data goes beyond where the leader's timeline "
        "left the "
        "local one; local timeline 2 at 0/5000001; leader's timeline 3; timeline 2 ended at 0/5000000");
  CHECK(describe(rewind_check(std::nullopt, {}), std::nullopt, {}) ==
        "whether the data has diverged from the leader's cannot be known: where the local data ends is not "
        "known");
}
