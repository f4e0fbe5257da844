// The page is developed and tested against stats-ui/fixture.json; this test keeps it what the router sends.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "router/stats/api/api_json.h"
#include "router/stats/session_query.h"
#include "tests/support/a_snapshot.h"

using namespace tamada;
using namespace tamada::router;
using Json = nlohmann::ordered_json;

namespace {

constexpr const char* path = "stats-ui/fixture.json";

// Indented, but a series of numbers is one line.
std::string pretty(const Json& value, const std::string& margin = "") {
  const bool flat = value.is_primitive() || value.empty() ||
                    (value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& element) {
                       return element.is_primitive() && !element.is_string();
                     }));
  if (flat) return value.dump();
  const std::string deeper = margin + "  ";
  std::string text;
  for (auto it = value.begin(); it != value.end(); ++it) {
    text += (text.empty() ? "\n" : ",\n") + deeper;
    if (value.is_object()) text += Json(it.key()).dump() + ": ";
    text += pretty(*it, deeper);
  }
  return (value.is_object() ? "{" : "[") + text + "\n" + margin + (value.is_object() ? "}" : "]");
}

}  // namespace

TEST_CASE("the page's fixture is exactly what the router sends", "[api_json]") {
  const StatsSnapshot snapshot = tamada::test::a_snapshot();
  const Json sent = {{"state", Json::parse(state_json(snapshot))},
                     {"charts", Json::parse(charts_json(*snapshot.charts))},
                     {"sessions", Json::parse(sessions_json(tamada::test::some_sessions(), SessionQuery{}))}};
  if (std::getenv("TAMADA_WRITE_FIXTURE") != nullptr) std::ofstream(path) << pretty(sent) << "\n";

  std::ifstream file(path);
  const Json kept = Json::parse(file, nullptr, false);
  INFO(
      "when the difference is meant: TAMADA_WRITE_FIXTURE=1 build/debug/bin/unit_router_stats, then look at "
      "git diff");
  REQUIRE_FALSE(kept.is_discarded());
  CHECK(kept.dump() == sent.dump());  // as text: the order of the keys counts
}
