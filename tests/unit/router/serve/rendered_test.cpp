#include "router/serve/rendered.h"

#include <catch2/catch.hpp>

namespace tamada::router {
namespace {

TEST_CASE("a text is made once for each snapshot, and a flood of keys fills no memory", "[rendered]") {
  Rendered rendered;
  StatsSnapshot snapshot;
  snapshot.number = 1;
  int made = 0;
  const Rendered::Render render = [&](const StatsSnapshot& one) {
    ++made;
    return "of " + std::to_string(one.number);
  };
  CHECK(*rendered.get("csv", snapshot, render) == "of 1");
  CHECK(*rendered.get("csv", snapshot, render) == "of 1");
  CHECK(made == 1);
  snapshot.number = 2;
  CHECK(*rendered.get("csv", snapshot, render) == "of 2");
  CHECK(made == 2);
  for (int i = 0; i < 1000; ++i) CHECK(*rendered.get(std::to_string(i), snapshot, render) == "of 2");
  const int before = made;
  CHECK(*rendered.get("999", snapshot, render) == "of 2");  // correct, but made again
  CHECK(made == before + 1);
}

}  // namespace
}  // namespace tamada::router
