// How many clients the limit of open files allows. Nothing is ever allocated by that limit: under some
// container engines it is a thousand million.
#pragma once

#include <cstddef>
#include <cstdint>

#include "router/config/router_config.h"

namespace tamada::router {

// Raises the soft limit to the hard one, as far as the kernel lets us; returns what it is then.
std::uint64_t raise_descriptor_limit();
// What it is now; 0: cannot be told.
[[nodiscard]] std::uint64_t open_files_limit();

// Connections to each statistics port: as many as configured, but all of them at most an eighth of the
// descriptors, so that whoever can reach the port takes none from sessions and polls. Pure.
[[nodiscard]] std::uint32_t stats_limit(std::uint64_t descriptors, std::uint32_t configured,
                                        std::size_t ports);

// Two descriptors per client, and some kept back for everything else: listening sockets, polling, cancel
// requests, and `set_aside` for the statistics. `configured`: max_connections; 0: as many as possible. Pure.
[[nodiscard]] std::uint32_t client_limit(std::uint64_t descriptors, std::uint32_t configured,
                                         std::uint64_t set_aside = 0);

// What the statistics may take in all: their connections, and those of the run-time sockets.
[[nodiscard]] std::uint64_t stats_descriptors(std::uint64_t descriptors, std::uint32_t configured,
                                              std::size_t ports, std::size_t sockets);

// The same for a whole configuration.
[[nodiscard]] std::uint32_t client_limit(std::uint64_t descriptors, const RouterConfig& config);

}  // namespace tamada::router
