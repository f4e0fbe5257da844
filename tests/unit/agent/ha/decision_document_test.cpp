// docs/agent.md shows the decision table as it is.
#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <string>

#include "agent/ha/decision_table.h"

namespace tamada::ha {

TEST_CASE("docs/agent.md shows every row of the decision table, in its order", "[decision]") {
  std::ifstream file(DOCUMENT);
  REQUIRE(file);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::string expected = "| row | when this is so | do that | for this reason |\n|---|---|---|---|\n";
  for (const DecisionRow& row : decision_table()) {
    for (const std::string_view cell : {row.name, row.when, row.then, row.why}) {
      expected += "| " + std::string(cell) + " ";
    }
    expected += "|\n";
  }
  INFO("expected in docs/agent.md:\n" << expected);
  CHECK(text.find(expected) != std::string::npos);
}

}  // namespace tamada::ha
