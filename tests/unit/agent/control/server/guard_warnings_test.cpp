#include "agent/control/server/guard_warnings.h"

#include <catch2/catch.hpp>

#include <cerrno>

using namespace tamada;
using namespace tamada::agent;

TEST_CASE("what the guard cannot do is told with what to do about it", "[agent][guard_warnings]") {
  guard::GuardAbilities abilities;
  abilities.sees_processes = true;
  CHECK(guard_warnings(abilities).empty());
  abilities.memory_lock_code = ENOMEM;
  REQUIRE(guard_warnings(abilities).size() == 1);
  CHECK(guard_warnings(abilities).front() ==
        "the guard's memory is not locked (cannot allocate memory (ENOMEM)): on a machine that swaps it may "
        "end PostgreSQL too "
        "late; raise the limit of locked memory (LimitMEMLOCK=infinity, ulimit -l)");
  abilities.sees_processes = false;
  CHECK(guard_warnings(abilities).size() == 2);
}
