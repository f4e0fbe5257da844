// The JSON of GET /status and of /admin/nodes/NAME: the first shapes of all, still read by scripts. Keys are
// added, never renamed or removed (tests pin it); /api/v1 (api_json.h) tells more.
//
// Pure. Bytes that are no UTF-8 become U+FFFD: names come from the network.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "router/stats/stats_snapshot.h"

namespace tamada::router {

[[nodiscard]] std::string status_json(const StatsSnapshot& snapshot);

// What was asked of a node by hand; `name` is its configured one, or the one it goes by. None: no such node.
[[nodiscard]] std::optional<std::string> node_admin_json(const StatsSnapshot& snapshot,
                                                         std::string_view name);

}  // namespace tamada::router
