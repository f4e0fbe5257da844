#include "common/base/new_words.h"

#include <catch2/catch.hpp>

using namespace tamada;
using Words = std::vector<std::string>;

TEST_CASE("of a list that is made again and again only what is new is told", "[new_words]") {
  NewWords words;
  CHECK(words.take({"a", "b", "a"}) == Words{"a", "b"});
  CHECK(words.take({"b", "a"}).empty());
  CHECK(words.take({"b", "c"}) == Words{"c"});
  CHECK(words.last() == Words{"b", "c"});
  CHECK(words.take({}).empty());
  CHECK(words.take({"a", "b"}) == Words{"a", "b"});  // they had gone in between
}
