// simulate [HISTORIES [FIRST_SEED [stop]]]: plays random histories and tells those in which something happened that must never
// be; with `stop` the first of them is the last that is played.
#include <fmt/format.h>

#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "tests/simulation/world/random_history.h"

int main(int argc, char** argv) {
  using namespace tamada;
  const auto number = [&](int index, std::uint64_t otherwise) {
    return argc > index ? std::strtoull(argv[index], nullptr, 10) : otherwise;
  };
  const std::uint64_t histories = number(1, 1000);
  const std::uint64_t first = number(2, 1);
  const bool stops = argc > 3 && std::string_view(argv[3]) == "stop";
  std::set<ha::RowId> rows;
  std::map<std::string, unsigned> kinds;
  std::uint64_t acknowledged = 0;
  std::uint64_t promotions = 0;
  unsigned breaches = 0;
  for (std::uint64_t seed = first; seed < first + histories; ++seed) {
    const simulation::HistoryResult result = simulation::play_random_history(seed, {{}, histories == 1});
    rows.insert(result.rows.begin(), result.rows.end());
    acknowledged += result.acknowledged;
    promotions += result.promotions;
    if (histories == 1) fmt::print("{}", result.history);
    if (result.breach.empty()) continue;
    ++breaches;
    fmt::print("seed {}: {}\n", seed, result.breach);
    std::fflush(stdout);
    if (stops) return EXIT_FAILURE;
  }
  fmt::print("{} histories, {} breaches; {} rows acknowledged, {} promotions\n", histories, breaches,
             acknowledged, promotions);
  for (const ha::DecisionRow& row : ha::decision_table()) {
    if (!rows.contains(row.id)) fmt::print("never reached: {}\n", row.name);
  }
  return breaches == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
