// The words of the configuration for what a snapshot holds as enums.
#pragma once

#include <optional>
#include <string_view>

#include "router/balance/policy.h"

namespace tamada::router {

// "leader", "replica", "standby-leader", ... as in `to:`.
[[nodiscard]] std::string_view name_of(Target target);
// "leastconn", "roundrobin", ... as in `balance:`.
[[nodiscard]] std::string_view name_of(Balance balance);
// "ready", "drain", "maintenance"; and back.
[[nodiscard]] std::string_view name_of(AdminState state);
[[nodiscard]] std::optional<AdminState> admin_state(std::string_view name);

}  // namespace tamada::router
