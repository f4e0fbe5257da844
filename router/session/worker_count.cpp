#include "router/session/worker_count.h"

#include <algorithm>
#include <cmath>

namespace tamada::router {

namespace {
constexpr std::uint32_t workers_max = 64;
}  // namespace

std::uint32_t default_workers(const Processors& processors) {
  double usable = std::max<std::uint32_t>(processors.allowed, 1);
  if (processors.quota) usable = std::min(usable, std::ceil(*processors.quota));
  return std::clamp(static_cast<std::uint32_t>(usable), 1U, workers_max);
}

}  // namespace tamada::router
