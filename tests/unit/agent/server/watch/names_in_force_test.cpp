#include "agent/server/watch/names_in_force.h"

#include <catch2/catch.hpp>

namespace tamada::agent {

namespace {

using Names = std::vector<std::string>;
constexpr TimePoint start{1000s};

}  // namespace

TEST_CASE("A name counts once it was seen for a second, each for itself") {
  NamesInForce names;
  names.saw(start, start + 200ms, "2 (\"pg-1\",pg2)");
  CHECK(names.names().empty());
  CHECK(names.is_waiting());
  // Asked less than a second after the first answer.
  names.saw(start + 1100ms, start + 1300ms, "2 (\"pg-1\",pg2)");
  CHECK(names.names().empty());
  names.saw(start + 1200ms, start + 1300ms, "2 (\"pg-1\",pg3)");
  CHECK(names.names() == Names{"pg-1"});
  CHECK(names.is_waiting());
  names.saw(start + 2300ms, start + 2400ms, "2 (\"pg-1\",pg3)");
  CHECK(names.names() == Names{"pg-1", "pg3"});
  CHECK_FALSE(names.is_waiting());
}

TEST_CASE("A name that was away for one look begins anew") {
  NamesInForce names;
  names.saw(start, start, "a");
  names.saw(start + 2s, start + 2s, "");
  names.saw(start + 3s, start + 3s, "a");
  CHECK(names.names().empty());
  names.saw(start + 4s, start + 4s, "a");
  CHECK(names.names() == Names{"a"});
}

TEST_CASE("A star, and what PostgreSQL would refuse, name nobody") {
  NamesInForce names;
  for (const char* setting : {"*", "\"*\"", "2 (a", ""}) {
    names.forget();
    names.saw(start, start, setting);
    names.saw(start + 2s, start + 2s, setting);
    INFO(setting);
    CHECK(names.names().empty());
    CHECK_FALSE(names.is_waiting());
  }
}

}  // namespace tamada::agent
