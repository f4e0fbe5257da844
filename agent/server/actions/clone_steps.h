// The ways to make a replica's data directory (Patroni's contract 3.8). Action thread; each may block for long, and ends soon
// after a stop.
//
// Who replaces data: a base backup is made beside it, and takes its place when it is whole. A method of people's own
// works on the data directory itself, so the old data is moved aside before, and goes when the new one is whole. What
// pg_wal and tablespaces lead to is in the way of a base backup, too: such data is moved aside before.
#pragma once

#include "agent/server/actions/data_work.h"

namespace tamada::agent {

struct CloneTask {
  const DataWork& data;
  Upstreams members;  // in order; empty: nobody can be copied
  Upstream leader;    // whose system the copy has to be of; not set: it cannot be asked
  // Steps set these:
  bool was_moved = false;        // the old data is aside
  bool is_system_known = false;  // the copy is of the leader's system; else the old data stays aside
};

// Errors leave the old data where it was, or aside (was_moved).
[[nodiscard]] Result<void> clone_by_backup(CloneTask& task);
[[nodiscard]] Result<void> clone_by_method(CloneTask& task, const CustomMethod& method);

// Moves what is in the data directory aside, where the action may replace it; nothing where nothing is.
[[nodiscard]] Result<void> make_room(CloneTask& task);

// A copy is whole, of the programs' version and of the right system. `folder`: where it is. `system`: 0: not known.
[[nodiscard]] Result<void> judge_copy(const DataWork& data, const std::string& folder, std::uint64_t system);
// Makes a standby of it, before anybody may start it.
[[nodiscard]] Result<void> make_standby(const ConfigFiles& files);

}  // namespace tamada::agent
