// How many processors this process may use.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tamada {

struct Processors {
  std::uint32_t allowed = 1;    // in the affinity mask; 1 where the kernel does not tell it
  std::optional<double> quota;  // of the cgroup, in processors; none: no quota, or none that can be read
};

// Asks the kernel: sched_getaffinity(2), then processor_quota(). Reads files: at start only.
[[nodiscard]] Processors available_processors();

// The smallest quota of this process's cgroup and all above it, of version 2 (cpu.max) and version 1
// (cpu.cfs_quota_us). `root`: before /proc and /sys, for tests.
[[nodiscard]] std::optional<double> processor_quota(const std::string& root = "");

// The text of cpu.max ("200000 100000", "max 100000") as processors; none for "max" and for anything else.
[[nodiscard]] std::optional<double> parse_cpu_max(const char* text);

}  // namespace tamada
