// How many clients the limit of open files allows. Nothing is ever allocated by that limit: under some
// container engines it is a thousand million.
#pragma once

#include <cstdint>

namespace tamada::router {

// Raises the soft limit to the hard one, as far as the kernel lets us; returns what it is then.
std::uint64_t raise_descriptor_limit();

// Two descriptors per client, and some kept back for everything else: listening sockets, polling, the
// statistics page, cancel requests. `configured`: max_connections; 0: as many as possible. Pure.
[[nodiscard]] std::uint32_t client_limit(std::uint64_t descriptors, std::uint32_t configured);

}  // namespace tamada::router
