#include "router/poll/failover_key.h"

#include <catch2/catch.hpp>

namespace tamada::router {
namespace {

constexpr TimePoint as_of{7s};

bool announces_nothing(const std::optional<std::string>& value) {
  const PlannedChange change = planned_change(value, as_of);
  return !change.from && !change.to && change.as_of == as_of;
}

TEST_CASE("the failover key announces who leads and who is to lead", "[failover_key]") {
  const PlannedChange change = planned_change(R"({"leader":"a","member":"b"})", as_of);
  CHECK(change.from == "a");
  CHECK(change.to == "b");
  CHECK(change.as_of == as_of);
}

TEST_CASE("either name may be missing in the failover key", "[failover_key]") {
  CHECK(planned_change(R"({"leader":"a"})", as_of).from == "a");
  CHECK_FALSE(planned_change(R"({"leader":"a","member":null})", as_of).to);
  CHECK(planned_change(R"({"leader":"","member":"b","scheduled_at":null})", as_of).to == "b");
  CHECK_FALSE(planned_change(R"({"leader":"","member":"b"})", as_of).from);
}

TEST_CASE("a failover key that is gone or empty announces nothing", "[failover_key]") {
  CHECK(announces_nothing(std::nullopt));
  CHECK(announces_nothing("{}"));
  CHECK(announces_nothing(""));
  CHECK(announces_nothing(R"({"leader":"","member":""})"));
}

TEST_CASE("a scheduled switchover announces nothing", "[failover_key]") {
  CHECK(
      announces_nothing(R"({"leader":"a","member":"b","scheduled_at":"2030-01-14T10:09:57.139400+00:00"})"));
  CHECK(announces_nothing(R"({"leader":"a","scheduled_at":"2001-01-14T10:09:57Z"})"));
}

TEST_CASE("a failover key that cannot be read announces nothing", "[failover_key]") {
  CHECK(announces_nothing("a:b"));
  CHECK(announces_nothing(R"({"leader":"a")"));
  CHECK(announces_nothing("\xff\xfe"));
  CHECK(announces_nothing(R"(["a","b"])"));
  CHECK(announces_nothing(R"("a")"));
  CHECK(announces_nothing(R"({"leader":1,"member":"b"})"));
  CHECK(announces_nothing(R"({"leader":"a","member":{"name":"b"}})"));
  CHECK(announces_nothing(R"({"leader":"a","member":"b","member":"c"})"));
  CHECK(announces_nothing(std::string(100000, '[')));
  CHECK(announces_nothing(R"({"leader":"a","member":")" + std::string(256, 'b') + "\"}"));
  CHECK(announces_nothing(R"({"leader":"a","member":"b","padding":")" + std::string(5000, 'x') + "\"}"));
}

}  // namespace
}  // namespace tamada::router
