// The probes of container platforms: is the HA loop alive, and may this node take its part? Pure.
#pragma once

#include "agent/api/answers/node_now.h"
#include "common/base/query_string.h"

namespace tamada::agent {

// GET /liveness: 200 or 503. In pause a loop that hangs does no harm; a primary's may be late by ttl, others' by twice that.
[[nodiscard]] int liveness_status(const NodeNow& node, TimePoint now);

// GET /readiness[?lag=10MB][&mode=apply|write]: 200 for who holds the lock, and for a replica that streams and is not more
// than `lag` behind (or than maximum_lag_on_failover), by what it has replayed, or with mode=write received.
[[nodiscard]] int readiness_status(const NodeNow& node, const QueryFields& query);

}  // namespace tamada::agent
