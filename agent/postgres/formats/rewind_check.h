// rewind_check(): has this node's data diverged from the leader's, so that it cannot follow without pg_rewind?
// (Patroni's rewind.py; manual, "pg_rewind".)
//
// The local data is described by its last timeline and position; the leader by its timeline and its history. Data
// that went beyond the point where the leader's timeline left its own has diverged.
//
// **When it cannot know, it says so and why**, and never guesses: `cannot_know` allows a later try, or pg_rewind,
// which looks for itself; it never allows removing anything.
#pragma once

#include <optional>
#include <string>

#include "agent/postgres/formats/control_data.h"
#include "agent/postgres/formats/timeline_history.h"
#include "agent/postgres/formats/wal_position.h"

namespace tamada::agent {

// Where the local data ends.
struct LocalEnd {
  // It was (or is) a standby: the position is how far it replayed. Else a primary that was shut down: the
  // position is its shutdown checkpoint record.
  bool was_standby = false;
  Timeline timeline = 0;
  WalPosition position = 0;
  // Of a primary: the first position behind its shutdown checkpoint record, as pg_waldump tells it
  // (waldump_text.h).
  std::optional<WalPosition> checkpoint_end;

  bool operator==(const LocalEnd&) const = default;
};

// The end of a server that does not run, without checkpoint_end. None: it was not shut down cleanly (then
// single-user recovery comes first), or something is not known. A standby that has never been in recovery was a
// primary when it was stopped, and is taken as one.
[[nodiscard]] std::optional<LocalEnd> local_end_of(const ControlData& control);

// The leader in its own words, from sessions with it and not from its member key, whose timeline may be older or
// newer than what the server does. `is_in_recovery` is asked first, the timeline (IDENTIFY_SYSTEM) after it, the
// history (TIMELINE_HISTORY of that timeline) last: a leader that has not finished its promotion still shows the
// timeline that it came from.
struct LeaderLog {
  std::optional<bool> is_in_recovery;
  std::optional<Timeline> timeline;
  std::optional<TimelineHistory> history;  // not needed where the timelines are the same
};

enum class RewindNeed { not_needed, needed, cannot_know };

enum class RewindReason {
  same_timeline,            // not needed
  before_the_switch,        // not needed: the local data ends before the leader's timeline left
  ends_at_the_switch,       // not needed: the shutdown checkpoint is the last record before the switch
  local_timeline_is_later,  // needed: the local timeline began elsewhere
  not_an_ancestor,          // needed: the leader's history does not know the local timeline
  beyond_the_switch,        // needed
  local_end_unknown,        // cannot know
  leader_unknown,           // cannot know: no answer
  leader_in_recovery,       // cannot know: its promotion is not finished
  history_unknown,          // cannot know: no history, or one that does not lead to the leader's timeline
  checkpoint_end_unknown,   // cannot know: before the switch, but whether something follows is not known
};

struct RewindCheck {
  RewindNeed need = RewindNeed::cannot_know;
  RewindReason reason = RewindReason::local_end_unknown;
  // The local timeline's end in the leader's history, where there is one.
  std::optional<WalPosition> switch_at;

  bool operator==(const RewindCheck&) const = default;
};

[[nodiscard]] RewindCheck rewind_check(const std::optional<LocalEnd>& local, const LeaderLog& leader);

// One sentence for people, with both timelines and positions.
[[nodiscard]] std::string describe(const RewindCheck& check, const std::optional<LocalEnd>& local,
                                   const LeaderLog& leader);

}  // namespace tamada::agent
