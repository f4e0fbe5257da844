// Which timeline a standby is to recover to (recovery_target_timeline; agent-cases.md, row 12).
//
// The latest, as a rule: it follows its leader over every promotion. But "latest" goes by the history files that are found,
// in the archive as well, and an archive may have those of a timeline that was given up: the server would go there, or end
// since it cannot. So where there is one beyond the leader's own timeline, and the leader says itself that it is not its own,
// the leader's number is the target. It is not done without need: a server with a number does not follow the next promotion
// until it is started again.
#pragma once

#include "agent/postgres/formats/wal_position.h"
#include "agent/server/actions/action_work.h"

namespace tamada::agent {

// For a server that does not run; 0: the latest. Asks the leader (context.leader, else the plan's upstream) and the
// archive, each for some seconds at most. Without the leader's answer, or an archive's, it is the latest. The history of a
// number is fetched from the leader where pg_wal has none, since the server does not start without.
[[nodiscard]] Timeline target_timeline(const ActionWork& work, const StartPlan& plan);

}  // namespace tamada::agent
