#include "common/patroni/store_keys.h"

#include <catch2/catch.hpp>

using namespace tamada::patroni;

TEST_CASE("keys stand where Patroni keeps them, with single slashes", "[store_keys]") {
  CHECK(key_path("/service", "patroni", "leader") == "/service/patroni/leader");
  CHECK(key_path("service/", "patroni", "failover") == "/service/patroni/failover");
  CHECK(key_path("//a//b/", "c", "members/pg1") == "/a/b/c/members/pg1");
  CHECK(key_path("", "c", "leader") == "/c/leader");
}
