#include "router/shell/descriptor_limit.h"

#include <sys/resource.h>

#include <algorithm>

namespace tamada::router {

namespace {

constexpr std::uint64_t kept_back = 128;
constexpr std::uint64_t clients_max = 1'000'000'000;

}  // namespace

std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  rlimit raised = limit;
  raised.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  return limit.rlim_cur;
}

std::uint32_t client_limit(std::uint64_t descriptors, std::uint32_t configured) {
  // A tiny limit keeps a quarter back rather than everything.
  const std::uint64_t reserve = std::min(kept_back, descriptors / 4);
  const std::uint64_t possible = std::clamp<std::uint64_t>((descriptors - reserve) / 2, 1, clients_max);
  if (configured == 0) return static_cast<std::uint32_t>(possible);
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(configured, possible));
}

}  // namespace tamada::router
