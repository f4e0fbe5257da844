// The health checks that load balancers ask: GET, HEAD and OPTIONS on /primary, /replica?lag=10MB, /read-only, ... (do_GET in
// Patroni's api.py). Pure.
#pragma once

#include <string_view>

#include "agent/api/answers/node_now.h"
#include "common/base/query_string.h"

namespace tamada::agent {

enum class PrimaryMeans {
  takes_writes,  // /primary says 200 only while the lock is valid and PostgreSQL takes writes
  holds_lock,  // as Patroni: 200 as soon as the lock is held, before the promotion, and while PostgreSQL is down
};

// 200 or 503. `path`: as sent, without the query. A path that is none of the checks' has 503.
[[nodiscard]] int health_status(const NodeNow& node, std::string_view path, const QueryFields& query,
                                PrimaryMeans means);

// The first value of that name that is not empty, as Python's parse_qs() leaves it.
[[nodiscard]] std::optional<std::string_view> query_value(const QueryFields& query, std::string_view name);

}  // namespace tamada::agent
