// `show servers state`, `show servers conn` and `show backend` of HAProxy's socket. Texts end with a line
// feed; the empty line after an answer is the socket's.
#pragma once

#include <string>
#include <string_view>

#include "router/stats/render_options.h"
#include "router/stats/stats_snapshot.h"

namespace tamada::router {

// All proxies, or the one named; an unknown one gets HAProxy's error line. Version 1 of HAProxy's state file:
// fields are separated by spaces, so spaces in names are written as underscores.
[[nodiscard]] std::string show_servers_state(const StatsSnapshot& snapshot, std::string_view proxy,
                                             const RenderOptions& options);

// The connections of each server, in the columns of HAProxy 2.6. What it has and the router has not
// (connections that are kept for reuse) is 0.
[[nodiscard]] std::string show_servers_conn(const StatsSnapshot& snapshot, std::string_view proxy,
                                            const RenderOptions& options);

// The names of the proxies, one a line.
[[nodiscard]] std::string show_backend(const StatsSnapshot& snapshot, const RenderOptions& options);

}  // namespace tamada::router
