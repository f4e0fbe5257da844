#include "router/shell/fact_history.h"

#include <catch2/catch.hpp>

namespace tamada::router {
namespace {

TEST_CASE("the history keeps the newest facts", "[fact_history]") {
  FactHistory history(2);
  for (const char* event : {"a", "b", "c"}) history.add({event, "", "", false}, {});
  REQUIRE(history.facts().size() == 2);
  CHECK(history.facts().front().event == "b");
  CHECK(history.facts().back().event == "c");
}

}  // namespace
}  // namespace tamada::router
