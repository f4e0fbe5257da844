// The time for which a restart or a switchover is asked for. Pure.
#pragma once

#include <string_view>

#include "agent/api/answers/wall_time.h"
#include "agent/api/requests/json_body.h"

namespace tamada::agent {

// `action`: "restart" or "switchover", for the words. 400: no time zone. 422: in the past, or no timestamp.
[[nodiscard]] OrAnswer<Timestamp> parse_schedule(const JsonBody& value, std::string_view action,
                                                 WallTime now);

}  // namespace tamada::agent
