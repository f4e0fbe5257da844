// How many workers run unless somebody says otherwise.
#pragma once

#include <cstdint>
#include <optional>

namespace tamada::router {

// What this process may use. Both come from outside; see available_processors().
struct Processors {
  std::uint32_t allowed = 1;    // in the affinity mask
  std::optional<double> quota;  // of the cgroup, in processors; none: no quota
};

// The one place of the default. Pure.
[[nodiscard]] std::uint32_t default_workers(const Processors& processors);

// Asks the kernel: sched_getaffinity, then cgroup v2 (cpu.max, of this group and all above it) or v1
// (cpu.cfs_quota_us). Reads files: at start only.
[[nodiscard]] Processors available_processors();

// The text of cpu.max ("200000 100000", "max 100000") as processors; none for "max" and for anything else.
[[nodiscard]] std::optional<double> parse_cpu_max(const char* text);

}  // namespace tamada::router
