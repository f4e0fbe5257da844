// POST and DELETE /restart: what is asked for, and what it is answered with. Pure.
#pragma once

#include <optional>
#include <string>

#include "agent/api/answers/wall_time.h"
#include "agent/api/requests/json_body.h"
#include "common/base/time.h"
#include "common/patroni/node_status.h"

namespace tamada::agent {

struct RestartRequest {
  std::optional<Timestamp> schedule;  // none: now
  // Conditions, looked at when the restart is due. Each that is set must hold.
  std::optional<patroni::NodeRole> role;  // primary, standby_leader or replica
  std::string postgres_version;           // "15.4": only an older server; empty: any
  int postgres_version_number = 0;        // 150004; 0: any
  bool only_if_pending = false;           // only where a setting waits for a restart
  std::optional<Duration> timeout;        // how long the start may take, before a leader hands over

  bool operator==(const RestartRequest&) const = default;
};

// `paused`: nothing is scheduled then. Refusals: 500, 400 and 422.
[[nodiscard]] OrAnswer<RestartRequest> parse_restart(const JsonBody& body, bool paused, WallTime now);

// {schedule, role?, ...}, as a scheduled restart stands in the status and in the member's key.
[[nodiscard]] std::string restart_json(const RestartRequest& request);

enum class RestartEnd {
  restarted,
  still_starting,  // not up within the timeout; nobody ends it
  failed,
  conditions_not_met,  // nothing was done
  busy,                // another action is going on: its name is told
  broken,              // something that nobody foresaw
};
// `action`: of busy, "reinitialize".
[[nodiscard]] Answer restart_answer(RestartEnd end, const std::string& action);
// `scheduled`: false where one was scheduled already.
[[nodiscard]] Answer restart_scheduled_answer(bool scheduled);
// DELETE /restart. `deleted`: false where there was none.
[[nodiscard]] Answer restart_deleted_answer(bool deleted);

}  // namespace tamada::agent
