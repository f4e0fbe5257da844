#include "common/process/descriptor_limit.h"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/resource.h>

#include "common/base/unique_fd.h"

namespace tamada {
namespace {

TEST_CASE("the soft limit of open files is raised to the hard one", "[descriptor_limit]") {
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit lower = before;
  lower.rlim_cur = 64;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &lower) == 0);
  CHECK(descriptor_limit() == 64);
  CHECK(raise_descriptor_limit() == before.rlim_max);
  CHECK(descriptor_limit() == before.rlim_max);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
}

TEST_CASE("open descriptors are counted", "[descriptor_limit]") {
  const std::uint64_t before = open_descriptors();
  CHECK(before >= 3);
  const UniqueFd one(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  REQUIRE(one.is_open());
  CHECK(open_descriptors() == before + 1);
}

}  // namespace
}  // namespace tamada
