#include "common/process/last_lines.h"

#include <catch2/catch.hpp>

using namespace tamada;

TEST_CASE("the newest lines are kept up to the limit, and at least one", "[last_lines]") {
  LastLines lines(8);
  CHECK(lines.text().empty());
  lines.add("abc");
  lines.add("def");
  CHECK(lines.text() == "abc\ndef\n");
  lines.add("");
  CHECK(lines.text() == "def\n\n");
  lines.add("longer than all of it");
  CHECK(lines.text() == "longer than all of it\n");
}
