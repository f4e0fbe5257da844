// The end of the server by the agent's own hand, where its guard is missing (GuardHands::told_before_missing()): stopped, or
// not to be had. Action thread; blocking.
#pragma once

#include "agent/guard/protocol/report.h"
#include "agent/server/actions/action_work.h"
#include "common/base/result.h"

namespace tamada::agent {

// SIGINT to the postmaster (`fast`), and where that has not ended it in time, or at once (`immediate`), what the guard does
// at its deadline: SIGQUIT to every process of PostgreSQL in the data directory, 100 ms later SIGKILL, until none is left.
// In time: before the lock ends, since nobody else ends it then; without a lock within `unlocked_patience`; never later than
// context.stop_limit. Neither before_stop nor a checkpoint of its own comes first: how long they take nobody knows.
//
// A zombie is none: the guard, its parent, reaps it when it goes on. `last`: as the guard has told it.
// Errors: closed (cancelled), system (a tool works on the data directory, or the processes cannot be seen here).
[[nodiscard]] Result<void> end_without_guard(const ActionWork& work, const guard::GuardStatus& last,
                                             StopHow how);

}  // namespace tamada::agent
