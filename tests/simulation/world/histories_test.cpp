// A thousand histories with fixed seeds and some with fresh ones; and wrong variants, made by hand, each of which must be
// found. `simulate 1 SEED` tells a history in full.
#include <catch2/catch.hpp>

#include <iostream>
#include <random>
#include <string>

#include "agent/ha/decision_table.h"
#include "tests/simulation/world/random_history.h"

namespace tamada::simulation {
namespace {

void play(std::uint64_t first, std::uint64_t count, std::set<ha::RowId>& rows,
          const HistoryOptions& options = {}) {
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const HistoryResult result = play_random_history(seed, options);
    rows.insert(result.rows.begin(), result.rows.end());
    INFO(result.history);
    REQUIRE(result.breach.empty());
  }
}

// The first of `limit` histories that finds it; 0: none does.
std::uint64_t found_by(const Mistakes& mistakes, std::uint64_t limit = 600) {
  HistoryOptions options;
  options.mistakes = mistakes;
  for (std::uint64_t seed = 1; seed <= limit; ++seed) {
    if (!play_random_history(seed, options).breach.empty()) return seed;
  }
  return 0;
}

// What no history makes happen: somebody who takes the files of another cluster, a lock without data, a server that is
// seen while it stops without an action of ours.
bool is_out_of_reach(ha::RowId row) {
  return row == ha::RowId::other_system || row == ha::RowId::other_system_leads ||
         row == ha::RowId::no_data_leads || row == ha::RowId::stopping;
}

}  // namespace

TEST_CASE("a thousand histories keep what must never be from happening, and reach every row", "[histories]") {
  std::set<ha::RowId> rows;
  play(1, 1000, rows);
  for (const ha::DecisionRow& row : ha::decision_table()) {
    INFO(row.name);
    CHECK((rows.contains(row.id) || is_out_of_reach(row.id)));
  }
}

TEST_CASE("histories that have found a fault do so, too", "[histories]") {
  // A member key that an unanswered put had overtaken (two of them); a cluster founded by a former leader that had lost its
  // data; a renewal that etcd had overtaken; a hung primary of which its new agent knew nothing; an epoch that came twice, after
  // etcd was wiped.
  HistoryOptions options;
  options.has_later_faults = false;
  std::set<ha::RowId> rows;
  for (const std::uint64_t seed : {20961, 40426, 30037, 40678, 53326, 80200}) play(seed, 1, rows, options);
  // A primary that a pause had left behind, on an older timeline; a node that an operator had named.
  for (const std::uint64_t seed : {911000729, 7000758}) play(seed, 1, rows);
}

TEST_CASE("fresh histories do so, too", "[histories]") {
  const std::uint64_t first = (std::uint64_t{std::random_device{}()} << 20) + 100000;
  std::cout << "fresh histories from seed " << first << "\n";
  std::set<ha::RowId> rows;
  play(first, 3, rows);
}

TEST_CASE("the same seed gives the same history", "[histories]") {
  const HistoryOptions options{{}, true};
  CHECK(play_random_history(77, options).history == play_random_history(77, options).history);
}

TEST_CASE("each wrong variant is found", "[variants]") {
  Mistakes mistakes;
  SECTION("the lock is believed by its name") {
    mistakes.lock.believes_name = true;
  }
  SECTION("the deadline is counted from the answer") {
    mistakes.lock.counts_from_answer = true;
  }
  SECTION("a keep-alive alone is believed") {
    mistakes.lock.believes_keepalive = true;
  }
  SECTION("the lock is released before the server stops") {
    mistakes.releases_before_stop = true;
  }
  SECTION("the setting changes before /sync") {
    mistakes.sets_names_before_key = true;
  }
  SECTION("a primary among the peers is no veto") {
    mistakes.races_without_veto = true;
  }
  SECTION("the guard is armed late") {
    mistakes.arms_late = true;
  }
  SECTION("a vote is given before the WAL receiver has gone") {
    mistakes.votes_too_early = true;
  }
  SECTION("data are rebuilt without asking who leads") {
    mistakes.rebuilds_unasked = true;
  }
  SECTION("the router's workers acknowledge before they cut") {
    mistakes.acknowledges_early = true;
  }
  SECTION("the router takes an answer for another node's") {
    mistakes.crosses_answers = true;
  }
  const std::uint64_t seed = found_by(mistakes);
  CHECK(seed != 0);
  std::cout << "a wrong variant is found by seed " << seed << "\n";
}

}  // namespace tamada::simulation
