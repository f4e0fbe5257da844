// Brings PostgreSQL to begin the timeline that was reserved for it in etcd (ha::Action::timeline), and no lower one.
//
// A server that is promoted takes the number after the newest timeline that it finds a history file of, looking upwards
// from its own, in pg_wal and in the archive, until one is missing. Another node may have begun the next number and died
// with it: nothing of that is here, and PostgreSQL would begin the same number a second time. Only history files hold it
// back. So for each number between its own and the reserved one that has none, a file is placed in pg_wal that holds nothing
// but a comment: a valid history of a timeline without ancestors, so that nobody takes it for one to go on to.
//
// They stay once the server was promoted: its standbys fetch the history of each timeline between theirs and the new one,
// and could not follow if one were missing. They are not archived: an archive may have the true file, and archiving another
// one under its name would fail for ever. Where it is not promoted they go again: a standby that is started with
// recovery_target_timeline = latest would take the highest for its target, and end.
//
// What cannot be forced is a number below one that a history file is there of: PostgreSQL goes past those. It then takes a
// higher number than the reserved one, which is told.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/postgres/formats/control_data.h"
#include "agent/postgres/formats/wal_position.h"
#include "common/base/result.h"

namespace tamada::agent {

// A history file in pg_wal. `is_placed`: one of ours, with nothing but the comment.
struct FoundHistory {
  Timeline timeline = 0;
  bool is_placed = false;
  bool operator==(const FoundHistory&) const = default;
};

// ---- pure

// Of "0000000A.history"; none: another name.
[[nodiscard]] std::optional<Timeline> timeline_of_history_name(std::string_view name);
// The number that the server takes for the newest, beginning with its own.
[[nodiscard]] Timeline newest_found(const std::vector<FoundHistory>& found, Timeline own);
// Between the server's own and the reserved one, both excluded, those without a file.
[[nodiscard]] std::vector<Timeline> missing_between(const std::vector<FoundHistory>& found, Timeline own,
                                                    Timeline reserved);
// Files of ours beyond all true ones, and beyond the server's own timeline: of a promotion that did not come.
[[nodiscard]] std::vector<Timeline> left_behind(const std::vector<FoundHistory>& found, Timeline own);
// Of the checkpoint, or of recovery where that has gone further; 0: not known.
[[nodiscard]] Timeline newest_timeline_of(const ControlData& control);

// ---- on the disk. Errors name path and step.

// What the server will take, and what was placed for it.
struct Reservation {
  Timeline expected = 0;
  std::vector<Timeline> placed;
};
// invalid: more are missing than can be sensible (most_placed), or the reserved number is not beyond the server's own.
inline constexpr Timeline most_placed = 1000;
[[nodiscard]] Result<Reservation> reserve_timeline(const std::string& data_dir, Timeline own,
                                                   Timeline reserved);

// Is there a history of it in pg_wal that was not placed here? False where it cannot be looked at.
[[nodiscard]] bool has_true_history(const std::string& data_dir, Timeline timeline);

// Removes left_behind(). `own` 0: not known, nothing is done. Not while a promotion may be going on.
[[nodiscard]] Result<void> clear_reservations(const std::string& data_dir, Timeline own);

}  // namespace tamada::agent
