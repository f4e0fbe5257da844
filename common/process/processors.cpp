#include "common/process/processors.h"

#include <sched.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

namespace tamada {

namespace {

std::optional<std::string> read_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return line;
}

// This process's path in the hierarchy that `controllers` names ("" is version 2's).
std::string cgroup_path(const std::string& root, const std::string& controllers) {
  std::ifstream file(root + "/proc/self/cgroup");
  std::string line;
  while (std::getline(file, line)) {
    // "0::/path", "4:cpu,cpuacct:/path"
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    std::stringstream names(line.substr(first + 1, second - first - 1));
    std::string name;
    if (controllers.empty() && second == first + 1) return line.substr(second + 1);
    while (std::getline(names, name, ',')) {
      if (name == controllers) return line.substr(second + 1);
    }
  }
  return "/";
}

void take_smaller(std::optional<double>& smallest, std::optional<double> value) {
  if (value && (!smallest || *value < *smallest)) smallest = value;
}

// Calls `look` with the group's folder and that of every group above it. In a container the path may be the
// host's, and then only the root is there.
template <class Look>
void each_group(const std::string& mount, std::string path, Look look) {
  while (true) {
    look(mount + path);
    if (path.empty() || path == "/") break;
    path.erase(path.rfind('/'));
  }
  look(mount);
}

}  // namespace

std::optional<double> processor_quota(const std::string& root) {
  std::optional<double> smallest;
  each_group(root + "/sys/fs/cgroup", cgroup_path(root, ""), [&](const std::string& folder) {
    if (const auto line = read_line(folder + "/cpu.max"))
      take_smaller(smallest, parse_cpu_max(line->c_str()));
  });
  each_group(root + "/sys/fs/cgroup/cpu", cgroup_path(root, "cpu"), [&](const std::string& folder) {
    const auto quota = read_line(folder + "/cpu.cfs_quota_us");
    const auto period = read_line(folder + "/cpu.cfs_period_us");
    if (quota && period) take_smaller(smallest, parse_cpu_max((*quota + " " + *period).c_str()));
  });
  return smallest;
}

Processors available_processors() {
  Processors processors;
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) {
    processors.allowed = static_cast<std::uint32_t>(CPU_COUNT(&set));
  }
  processors.quota = processor_quota();
  return processors;
}

std::optional<double> parse_cpu_max(const char* text) {
  long long quota = 0;
  long long period = 0;
  if (std::sscanf(text, "%lld %lld", &quota, &period) != 2 || quota <= 0 || period <= 0) return std::nullopt;
  return static_cast<double>(quota) / static_cast<double>(period);
}

}  // namespace tamada
