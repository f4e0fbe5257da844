#include "router/session/deadlines.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::router;

namespace {

TimePoint at(Duration span) {
  return TimePoint{} + span;
}

}  // namespace

TEST_CASE("deadlines come due in their order, each once", "[deadlines]") {
  Deadlines deadlines;
  CHECK_FALSE(deadlines.next());
  deadlines.change(1, {}, at(30s));
  deadlines.change(2, {}, at(10s));
  deadlines.change(3, {}, at(10s));
  CHECK(deadlines.next() == at(10s));
  CHECK_FALSE(deadlines.take_due(at(9s)));
  CHECK(deadlines.take_due(at(10s)) == 2);
  CHECK(deadlines.take_due(at(10s)) == 3);
  CHECK_FALSE(deadlines.take_due(at(10s)));
  CHECK(deadlines.take_due(at(31s)) == 1);
  CHECK_FALSE(deadlines.next());
}

TEST_CASE("a deadline that was moved or cleared leaves nothing behind", "[deadlines]") {
  Deadlines deadlines;
  deadlines.change(1, {}, at(10s));
  deadlines.change(1, at(10s), at(20s));
  CHECK_FALSE(deadlines.take_due(at(15s)));
  CHECK(deadlines.next() == at(20s));
  deadlines.change(1, at(20s), {});
  CHECK_FALSE(deadlines.next());
}
