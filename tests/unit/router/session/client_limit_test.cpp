#include "router/session/client_limit.h"

#include <catch2/catch.hpp>

namespace tamada::router {
namespace {

TEST_CASE("a limit of open files that is too small is told with what is needed", "[descriptor_limit]") {
  RouterConfig config;
  config.listeners.resize(2);
  config.listeners[0].bind = {HostPort{"0.0.0.0", 5000}};
  config.listeners[1].bind = {HostPort{"0.0.0.0", 5001}};
  config.stats.bind = {HostPort{"0.0.0.0", 7000}};
  const auto told = too_few_descriptors(20, 2, config);
  REQUIRE(told);
  CHECK(told->starts_with(
      "the limit of open files is 20, too few for 2 workers and 3 listening sockets: at least "));
  CHECK(told->ends_with("raise it (ulimit -n, LimitNOFILE=, --ulimit nofile=)"));
  CHECK_FALSE(too_few_descriptors(65536, 2, config));
}

TEST_CASE("what is needed grows with workers and sockets", "[descriptor_limit]") {
  CHECK(descriptors_least(4, 2, 3) == 4 + 8 * 4 + 3 * 3 + 16);
  CHECK(descriptors_least(4, 3, 3) - descriptors_least(4, 2, 3) == 8 + 3);
}

}  // namespace
}  // namespace tamada::router
