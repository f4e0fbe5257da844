// When a restart that somebody asked for is carried out (restart_matches and should_run_scheduled_action in Patroni's ha.py).
// Pure.
#pragma once

#include <string>

#include "agent/api/answers/wall_time.h"
#include "agent/api/requests/restart_request.h"
#include "agent/control/views/control_state.h"
#include "common/base/time.h"
#include "common/patroni/member_value.h"

namespace tamada::agent {

// What of its conditions does not hold, in words; empty: all do. What cannot be known does not hold.
[[nodiscard]] std::string unmet_condition(const RestartRequest& request, const ControlState& state);

enum class ScheduleStanding {
  early,
  due,
  stale,  // missed by more than one and a half loop_wait: nobody expects it any more
};
[[nodiscard]] ScheduleStanding schedule_standing(WallTime at, WallTime now, Duration loop_wait);

// As it stands in the member key. `request` has a schedule; `start_time`: the postmaster's, as it said it; empty: not known.
[[nodiscard]] patroni::ScheduledRestart scheduled_restart_of(const RestartRequest& request,
                                                             const std::string& start_time);

}  // namespace tamada::agent
