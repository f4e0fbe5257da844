// How many clients the limit of open files allows. Nothing is ever allocated by that limit: under some
// container engines it is a thousand million.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "router/config/router_config.h"

namespace tamada::router {

// The sentence for a limit that is too small to start with `workers` threads; none: it is enough. Reads how
// many descriptors are open now; what it asks for leaves room for a handful of clients.
[[nodiscard]] std::optional<std::string> too_few_descriptors(std::uint64_t descriptors, std::uint32_t workers,
                                                             const RouterConfig& config);
// How many that takes, `open` of them being open already. Pure.
[[nodiscard]] std::uint64_t descriptors_least(std::uint64_t open, std::uint32_t workers, std::size_t sockets);

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
