#include "router/session/cancel_registry.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::router;

TEST_CASE("a cancel key leads to its server, also when two servers use the same pid", "[cancel_registry]") {
  CancelRegistry registry;
  const Address first = *Address::from_ip("10.0.0.1", 5432);
  const Address second = *Address::from_ip("10.0.0.2", 5432);
  registry.add(SessionId{0, 1}, {42, "aaaa"}, first);
  registry.add(SessionId{1, 1}, {42, std::string(32, 'b')}, second);
  CHECK(registry.find({42, "aaaa"}) == first);
  CHECK(registry.find({42, std::string(32, 'b')}) == second);
  CHECK_FALSE(registry.find({42, "aaab"}));
  CHECK_FALSE(registry.find({42, std::string(32, 'a')}));
  CHECK_FALSE(registry.find({43, "aaaa"}));

  registry.remove(SessionId{0, 1}, 42);
  CHECK_FALSE(registry.find({42, "aaaa"}));
  CHECK(registry.find({42, std::string(32, 'b')}) == second);
  registry.remove(SessionId{0, 1}, 42);
  CHECK(registry.size() == 1);
}
