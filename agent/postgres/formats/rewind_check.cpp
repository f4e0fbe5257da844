#include "agent/postgres/formats/rewind_check.h"

#include <fmt/format.h>

namespace tamada::agent {

namespace {

RewindCheck check_of(RewindReason reason, std::optional<WalPosition> switch_at = std::nullopt) {
  switch (reason) {
    case RewindReason::same_timeline:
    case RewindReason::before_the_switch:
    case RewindReason::ends_at_the_switch:
      return {RewindNeed::not_needed, reason, switch_at};
    case RewindReason::local_timeline_is_later:
    case RewindReason::not_an_ancestor:
    case RewindReason::beyond_the_switch:
      return {RewindNeed::needed, reason, switch_at};
    case RewindReason::local_end_unknown:
    case RewindReason::leader_unknown:
    case RewindReason::leader_in_recovery:
    case RewindReason::history_unknown:
    case RewindReason::checkpoint_end_unknown:
      break;
  }
  return {RewindNeed::cannot_know, reason, switch_at};
}

std::string words_of(RewindReason reason) {
  switch (reason) {
    case RewindReason::same_timeline:
      return "both are on the same timeline";
    case RewindReason::before_the_switch:
      return "the local data ends before the leader's timeline left the local one";
    case RewindReason::ends_at_the_switch:
      return "the shutdown checkpoint is the last record before the leader's timeline left the local one";
    case RewindReason::local_timeline_is_later:
      return "the local timeline is later than the leader's";
    case RewindReason::not_an_ancestor:
      return "the local timeline is no ancestor of the leader's";
    case RewindReason::beyond_the_switch:
      return "the local data goes beyond where the leader's timeline left the local one";
    case RewindReason::local_end_unknown:
      return "where the local data ends is not known";
    case RewindReason::leader_unknown:
      return "the leader did not say its timeline";
    case RewindReason::leader_in_recovery:
      return "the leader has not finished its promotion";
    case RewindReason::history_unknown:
      return "the leader's timeline history is not known";
    case RewindReason::checkpoint_end_unknown:
      return "where the local shutdown checkpoint ends is not known";
  }
  return "";
}

}  // namespace

std::optional<LocalEnd> local_end_of(const ControlData& control) {
  LocalEnd end;
  if (control.state == ClusterState::shut_down_in_recovery ||
      control.state == ClusterState::in_archive_recovery) {
    if (!control.min_recovery_end || !control.min_recovery_end_timeline) return std::nullopt;
    end.was_standby = *control.min_recovery_end != 0 && *control.min_recovery_end_timeline != 0;
    if (end.was_standby) {
      end.timeline = *control.min_recovery_end_timeline;
      end.position = *control.min_recovery_end;
      return end;
    }
  } else if (control.state != ClusterState::shut_down) {
    return std::nullopt;
  }
  if (!control.checkpoint || !control.timeline) return std::nullopt;
  end.timeline = *control.timeline;
  end.position = *control.checkpoint;
  return end;
}

RewindCheck rewind_check(const std::optional<LocalEnd>& local, const LeaderLog& leader) {
  if (!local || local->timeline == 0) return check_of(RewindReason::local_end_unknown);
  if (!leader.is_in_recovery) return check_of(RewindReason::leader_unknown);
  if (*leader.is_in_recovery) return check_of(RewindReason::leader_in_recovery);
  if (!leader.timeline || *leader.timeline == 0) return check_of(RewindReason::leader_unknown);
  if (local->timeline > *leader.timeline) return check_of(RewindReason::local_timeline_is_later);
  if (local->timeline == *leader.timeline) return check_of(RewindReason::same_timeline);
  // A timeline later than 1 came from another one; a history that names none, or reaches the leader's own
  // timeline, is of another timeline.
  if (!leader.history || leader.history->switches.empty() ||
      leader.history->switches.back().timeline >= *leader.timeline)
    return check_of(RewindReason::history_unknown);
  const auto switch_at = leader.history->end_of(local->timeline);
  if (!switch_at) return check_of(RewindReason::not_an_ancestor);
  if (local->was_standby) {
    return check_of(
        local->position > *switch_at ? RewindReason::beyond_the_switch : RewindReason::before_the_switch,
        switch_at);
  }
  // The checkpoint record itself stands at the position, so that it does when the switch is there.
  if (local->position >= *switch_at) return check_of(RewindReason::beyond_the_switch, switch_at);
  if (!local->checkpoint_end) return check_of(RewindReason::checkpoint_end_unknown, switch_at);
  return check_of(*local->checkpoint_end == *switch_at ? RewindReason::ends_at_the_switch
                                                       : RewindReason::beyond_the_switch,
                  switch_at);
}

std::string describe(const RewindCheck& check, const std::optional<LocalEnd>& local,
                     const LeaderLog& leader) {
  std::string text;
  switch (check.need) {
    case RewindNeed::not_needed:
      text = "no rewind is needed: ";
      break;
    case RewindNeed::needed:
      text = "the data has diverged from the leader's: ";
      break;
    case RewindNeed::cannot_know:
      text = "whether the data has diverged from the leader's cannot be known: ";
      break;
  }
  text += words_of(check.reason);
  if (local)
    text += fmt::format("; local timeline {} at {}", local->timeline, format_wal_position(local->position));
  if (leader.timeline) text += fmt::format("; leader's timeline {}", *leader.timeline);
  if (check.switch_at)
    text += fmt::format("; timeline {} ended at {}", local->timeline, format_wal_position(*check.switch_at));
  return text;
}

}  // namespace tamada::agent
