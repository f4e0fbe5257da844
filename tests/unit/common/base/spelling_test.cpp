#include "common/base/spelling.h"

#include <catch2/catch.hpp>

#include <array>

using namespace tamada;

TEST_CASE("the nearest known word is offered, and none when all are far", "[spelling]") {
  constexpr std::array<std::string_view, 3> known{"connect_timeout", "hold", "leader"};
  CHECK(nearest_word("conect_timeout", known) == "connect_timeout");
  CHECK(nearest_word("laeder", known) == "leader");
  CHECK(nearest_word("hodl", known) == "hold");
  CHECK(nearest_word("zebra", known).empty());
  CHECK(nearest_word("", known).empty());
}
