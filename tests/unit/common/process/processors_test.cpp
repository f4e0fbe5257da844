#include "common/process/processors.h"

#include <catch2/catch.hpp>
#include <sched.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/temporary_folder.h"

namespace tamada {
namespace {

void write(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path) << text << "\n";
}

TEST_CASE("the affinity mask says how many processors are allowed", "[processors]") {
  cpu_set_t before;
  REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
  CHECK(available_processors().allowed == static_cast<std::uint32_t>(CPU_COUNT(&before)));
  int first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
  CHECK(available_processors().allowed == 1);
  REQUIRE(sched_setaffinity(0, sizeof before, &before) == 0);
}

TEST_CASE("a cgroup's quota is read as processors", "[processors]") {
  CHECK(parse_cpu_max("200000 100000") == 2.0);
  CHECK(parse_cpu_max("50000 100000") == 0.5);
  CHECK_FALSE(parse_cpu_max("max 100000"));
  CHECK_FALSE(parse_cpu_max("-1 100000"));  // version 1's "no quota"
  CHECK_FALSE(parse_cpu_max("100000 0"));
  CHECK_FALSE(parse_cpu_max(""));
}

TEST_CASE("the smallest quota on the way to the root counts", "[processors]") {
  const TemporaryFolder root;
  SECTION("version 2") {
    write(root / "proc/self/cgroup", "0::/system.slice/tamada.service");
    write(root / "sys/fs/cgroup/system.slice/tamada.service/cpu.max", "400000 100000");
    write(root / "sys/fs/cgroup/system.slice/cpu.max", "150000 100000");
    CHECK(processor_quota(root.path()) == 1.5);
  }
  SECTION("version 2 in a container, whose path is the host's") {
    write(root / "proc/self/cgroup", "0::/docker/4711");
    write(root / "sys/fs/cgroup/cpu.max", "50000 100000");
    CHECK(processor_quota(root.path()) == 0.5);
  }
  SECTION("version 1, the controllers under several names") {
    write(root / "proc/self/cgroup", "5:memory:/other\n4:cpu,cpuacct:/pods/a\n1:name=systemd:/x");
    write(root / "sys/fs/cgroup/cpu/pods/a/cpu.cfs_quota_us", "300000");
    write(root / "sys/fs/cgroup/cpu/pods/a/cpu.cfs_period_us", "100000");
    write(root / "sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1");
    write(root / "sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000");
    CHECK(processor_quota(root.path()) == 3.0);
  }
  SECTION("nothing can be read") {
    CHECK_FALSE(processor_quota(root.path()).has_value());
  }
}

}  // namespace
}  // namespace tamada
