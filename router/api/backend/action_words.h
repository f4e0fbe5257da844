// The name of each kind of action, for the log: "administer", "end_session", ...
#pragma once

#include <string_view>

#include "router/api/backend/stats_backend.h"

namespace tamada::router {

[[nodiscard]] std::string_view name_of(Action::Kind kind);

}  // namespace tamada::router
