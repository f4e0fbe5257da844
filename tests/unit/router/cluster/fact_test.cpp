#include "router/cluster/fact.h"

#include <catch2/catch.hpp>

#include <set>

namespace tamada::router {
namespace {

TEST_CASE("every kind of fact has a name of its own, by which it is found again", "[fact]") {
  std::set<std::string_view> names;
  for (const FactTraits& traits : all_fact_kinds()) {
    INFO(traits.name);
    CHECK(traits.name.find('.') != std::string_view::npos);
    CHECK(names.insert(traits.name).second);
    CHECK(fact_kind_of(traits.name) == traits.kind);
    CHECK(name_of(traits.kind) == traits.name);
  }
}

TEST_CASE("names of former versions, which files may hold, are still understood", "[fact]") {
  CHECK(fact_kind_of("node.smell") == FactKind::node_hint);
  CHECK(fact_kind_of("node.recycled") == FactKind::node_replaced);
  CHECK(name_of(FactKind::node_hint) == "node.hint");
  CHECK(name_of(FactKind::node_replaced) == "node.replaced");
}

TEST_CASE("a name that no version had is no kind of fact", "[fact]") {
  CHECK(fact_kind_of("") == std::nullopt);
  CHECK(fact_kind_of("node.hin") == std::nullopt);
  CHECK(fact_kind_of("node.hint ") == std::nullopt);
}

}  // namespace
}  // namespace tamada::router
