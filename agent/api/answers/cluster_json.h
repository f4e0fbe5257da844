// The body of GET /cluster: every member with its role and how far it lags (cluster_as_json in Patroni's utils.py). Pure.
#pragma once

#include <cstdint>
#include <string>

#include "agent/api/answers/node_snapshot.h"

namespace tamada::agent {

[[nodiscard]] std::string cluster_json(const NodeSnapshot& snapshot, const ClusterView& cluster);

// "16/B374D848", as PostgreSQL writes a position in the WAL.
[[nodiscard]] std::string lsn_text(std::uint64_t position);

}  // namespace tamada::agent
