#include "router/session/client_limit.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/process/descriptor_limit.h"

namespace tamada::router {

namespace {

constexpr std::uint64_t kept_back = 128;
constexpr std::uint64_t stats_least =
    8;  // connections to a statistics port, however few descriptors there are
constexpr std::uint64_t socket_clients = 32;  // RuntimeListener::clients_max
constexpr std::uint64_t clients_max = 1'000'000'000;

constexpr std::uint64_t of_a_loop = 8;     // two epoll sets, a wake-up, two pipes for signals; one to spare
constexpr std::uint64_t other_loops = 2;   // of the control loop and of the statistics
constexpr std::uint64_t of_the_rest = 16;  // files being read, polls, and the first few clients

}  // namespace

std::uint64_t descriptors_least(std::uint64_t open, std::uint32_t workers, std::size_t sockets) {
  // Every worker has a descriptor of each listening socket, and so has the control loop.
  return open + of_a_loop * (workers + other_loops) + std::uint64_t{sockets} * (workers + 1) + of_the_rest;
}

std::optional<std::string> too_few_descriptors(std::uint64_t descriptors, std::uint32_t workers,
                                               const RouterConfig& config) {
  std::size_t sockets = config.stats.bind.size() + config.stats.sockets.size();
  for (const ListenerConfig& listener : config.listeners) sockets += listener.bind.size();
  const std::uint64_t least = descriptors_least(open_descriptors(), workers, sockets);
  if (descriptors >= least) return std::nullopt;
  return fmt::format(
      "the limit of open files is {}, too few for {} workers and {} listening sockets: at least {}, and two "
      "for "
      "each client; raise it (ulimit -n, LimitNOFILE=, --ulimit nofile=)",
      descriptors, workers, sockets, least);
}

std::uint32_t stats_limit(std::uint64_t descriptors, std::uint32_t configured, std::size_t ports) {
  if (ports == 0) return configured;
  const std::uint64_t most = std::max<std::uint64_t>(descriptors / 8 / ports, stats_least);
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(configured, most));
}

std::uint64_t stats_descriptors(std::uint64_t descriptors, std::uint32_t configured, std::size_t ports,
                                std::size_t sockets) {
  return std::uint64_t{stats_limit(descriptors, configured, ports)} * ports + sockets * socket_clients;
}

std::uint32_t client_limit(std::uint64_t descriptors, std::uint32_t configured, std::uint64_t set_aside) {
  // A tiny limit keeps a part back rather than everything.
  const std::uint64_t reserve = std::min(kept_back, descriptors / 4) + std::min(set_aside, descriptors / 4);
  const std::uint64_t possible = std::clamp<std::uint64_t>((descriptors - reserve) / 2, 1, clients_max);
  if (configured == 0) return static_cast<std::uint32_t>(possible);
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(configured, possible));
}

std::uint32_t client_limit(std::uint64_t descriptors, const RouterConfig& config) {
  const StatsConfig& stats = config.stats;
  return client_limit(
      descriptors, config.max_connections,
      stats_descriptors(descriptors, stats.max_connections, stats.bind.size(), stats.sockets.size()));
}

}  // namespace tamada::router
