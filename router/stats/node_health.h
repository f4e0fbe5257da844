// How a node does, in one of four words: what a person sees before reading anything.
//
//   ok       does what its role asks for; a healthy replica is ok, on a write listener too
//   warn     works, and somebody may want to look: drained, lagging, not streaming, to be restarted, leaving,
//            starting, one lost check
//   bad      silent, failed, refused, takes no connections, or part of a disagreement
//   unknown  was never heard yet
#pragma once

#include <cstddef>
#include <string_view>

#include "router/stats/stats_snapshot.h"

namespace tamada::router {

enum class NodeHealth { ok, warn, bad, unknown };

// `node`: index in snapshot.nodes.
[[nodiscard]] NodeHealth health_of(const StatsSnapshot& snapshot, std::size_t node);
[[nodiscard]] std::string_view name_of(NodeHealth health);

}  // namespace tamada::router
