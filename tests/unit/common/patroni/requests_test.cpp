#include "common/patroni/requests.h"

#include <catch2/catch.hpp>

using namespace tamada::patroni;

TEST_CASE("a switchover names the leader, and the candidate where there is one", "[requests]") {
  CHECK(switchover_request("a", std::nullopt).path == "/switchover");
  CHECK(switchover_request("a", std::nullopt).body == R"({"leader":"a"})");
  CHECK(switchover_request("a\"", "b").body == R"({"candidate":"b","leader":"a\""})");
}

TEST_CASE("a node is restarted, or built anew", "[requests]") {
  CHECK(restart_request().path == "/restart");
  CHECK(restart_request().body == "{}");
  CHECK(reinitialize_request().path == "/reinitialize");
  CHECK(reinitialize_request().body == R"({"force":true})");
}
