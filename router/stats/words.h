// The words of the configuration for what a snapshot holds as enums.
#pragma once

#include <string_view>

#include "router/core/policy.h"

namespace tamada::router {

// "leader", "replica", "standby-leader", ... as in `to:`.
[[nodiscard]] std::string_view name_of(Target target);
// "leastconn", "roundrobin", ... as in `balance:`.
[[nodiscard]] std::string_view name_of(Balance balance);

}  // namespace tamada::router
