// The status of this node as JSON: the body of GET /patroni, which peers read in a race, and of every health check
// (get_postgresql_status in Patroni's api.py). Pure.
#pragma once

#include <string>
#include <string_view>

#include "agent/api/answers/node_now.h"

namespace tamada::agent {

[[nodiscard]] std::string status_json(const NodeNow& node);

// "streaming", "in archive recovery"; empty for neither.
[[nodiscard]] std::string_view word_of(ReplicationState state);

}  // namespace tamada::agent
