#include "router/history/fact_history.h"

#include <catch2/catch.hpp>

namespace tamada::router {
namespace {

TEST_CASE("the history keeps the newest facts", "[fact_history]") {
  FactHistory history(2);
  for (const char* node : {"a", "b", "c"}) history.add({FactKind::node_role, node, "", false}, {});
  REQUIRE(history.facts().size() == 2);
  CHECK(history.facts().front().node == "b");
  CHECK(history.facts().back().node == "c");
}

TEST_CASE("a fact's texts are cut to a size that hundreds of them can have", "[fact_history]") {
  const Fact fact =
      bounded({FactKind::leader_key, std::string(1'400'000, 'n'), std::string(1'400'000, 'w'), true});
  CHECK(fact.kind == FactKind::leader_key);
  CHECK(fact.node == std::string(255, 'n') + " ... (1399745 bytes more)");
  CHECK(fact.words == std::string(2000, 'w') + " ... (1398000 bytes more)");
  CHECK(fact.warning);
}

}  // namespace
}  // namespace tamada::router
