#include "router/shell/basic_auth.h"

#include <catch2/catch.hpp>

#include "common/http/message.h"

namespace tamada::router {
namespace {

TEST_CASE("without configured credentials nobody may change anything", "[basic_auth]") {
  StatsConfig config;
  CHECK(check_access(config, std::nullopt) == Access::closed);
  CHECK(check_access(config, http::basic_credentials("", "")) == Access::closed);
  config.admin_user = "admin";  // half of them is none
  CHECK(check_access(config, http::basic_credentials("admin", "")) == Access::closed);
}

TEST_CASE("only the configured user and password are let in", "[basic_auth]") {
  StatsConfig config;
  config.admin_user = "admin";
  config.admin_password = "se:cret";
  CHECK(check_access(config, std::nullopt) == Access::unnamed);
  CHECK(check_access(config, http::basic_credentials("admin", "se:cret")) == Access::granted);
  CHECK(check_access(config, "basic YWRtaW46c2U6Y3JldA==") == Access::granted);
  CHECK(check_access(config, http::basic_credentials("admin", "wrong")) == Access::refused);
  CHECK(check_access(config, http::basic_credentials("", "")) == Access::refused);
  CHECK(check_access(config, "Basic ") == Access::refused);
  CHECK(check_access(config, "Basic ###") == Access::refused);
  CHECK(check_access(config, "Bearer YWRtaW46c2U6Y3JldA==") == Access::refused);
  CHECK(check_access(config, "") == Access::refused);
}

}  // namespace
}  // namespace tamada::router
