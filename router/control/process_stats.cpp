#include "router/control/process_stats.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "common/base/unique_fd.h"
#include "common/process/descriptor_limit.h"
#include "router/control/command_line.h"
#include "router/session/client_limit.h"

namespace tamada::router {
namespace {

// The second number of statm: pages that are in memory.
std::uint64_t resident_bytes() {
  const UniqueFd file(open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return 0;
  std::array<char, 128> text{};
  if (read(file.get(), text.data(), text.size() - 1) <= 0) return 0;
  unsigned long long total = 0;
  unsigned long long resident = 0;
  if (std::sscanf(text.data(), "%llu %llu", &total, &resident) != 2) return 0;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

void fill_process(ProcessStats& stats, const RouterConfig& config) {
  stats.version = program_version_number();
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) == 0) stats.host = host.data();
  stats.pid = static_cast<std::uint32_t>(getpid());
  stats.descriptors = descriptor_limit();
  stats.clients_max = client_limit(stats.descriptors, config);
  stats.resident_bytes = resident_bytes();
  stats.cpu_s = cpu_seconds();
}

}  // namespace tamada::router
