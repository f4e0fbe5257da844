#include "common/base/list_text.h"

#include <catch2/catch.hpp>

using namespace tamada;

TEST_CASE("a list's items are told in order, empty ones too", "[list_text]") {
  using Items = std::vector<std::string>;
  CHECK(list_items("") == Items{""});
  CHECK(list_items("a") == Items{"a"});
  CHECK(list_items("a,b") == Items{"a", "b"});
  CHECK(list_items("a,,b,") == Items{"a", "", "b", ""});
}
