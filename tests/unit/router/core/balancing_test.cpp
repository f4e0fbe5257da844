#include "router/core/balancing.h"

#include <catch2/catch.hpp>

#include <array>
#include <map>

using namespace tamada;
using namespace tamada::router;

namespace {

struct Dice {
  std::uint64_t turn = 0;
  std::mt19937 random{7};

  std::uint32_t pick(Balance balance, std::vector<Choice> choices, std::uint64_t source = 0) {
    return choices[choose(balance, choices, {turn, source, random})].node.value;
  }
};

}  // namespace

TEST_CASE("leastconn takes the node with the fewest sessions, in turn among equals", "[balancing]") {
  Dice dice;
  CHECK(dice.pick(Balance::leastconn, {{{1}, 5}, {{2}, 3}, {{3}, 4}}) == 2);
  std::map<std::uint32_t, int> seen;
  for (int i = 0; i < 6; ++i) ++seen[dice.pick(Balance::leastconn, {{{1}, 2}, {{2}, 2}, {{3}, 2}})];
  CHECK(seen == std::map<std::uint32_t, int>{{1, 2}, {2, 2}, {3, 2}});
}

TEST_CASE("roundrobin goes by node and stays even when one is missing for a while", "[balancing]") {
  Dice dice;
  CHECK(dice.pick(Balance::roundrobin, {{{2}}, {{1}}, {{3}}}) == 1);
  CHECK(dice.pick(Balance::roundrobin, {{{2}}, {{1}}, {{3}}}) == 2);
  CHECK(dice.pick(Balance::roundrobin, {{{1}}, {{2}}}) == 1);
  CHECK(dice.pick(Balance::roundrobin, {{{3}}, {{1}}, {{2}}}) == 2);
  CHECK(dice.pick(Balance::roundrobin, {{{3}}, {{1}}, {{2}}}) == 3);
}

TEST_CASE("random never takes the busier of the two it draws", "[balancing]") {
  Dice dice;
  std::map<std::uint32_t, int> seen;
  for (int i = 0; i < 300; ++i) ++seen[dice.pick(Balance::random, {{{1}, 0}, {{2}, 9}})];
  CHECK(seen[1] > 180);  // three of four draws hold node 1
  CHECK(seen[2] > 20);
}

TEST_CASE("source keeps a client on its node while others come and go", "[balancing]") {
  Dice dice;
  int moved = 0;
  for (std::uint8_t last = 1; last < 100; ++last) {
    const std::uint64_t client = source_hash(*Address::from_ip("10.0.0." + std::to_string(last), 1000));
    REQUIRE(client == source_hash(*Address::from_ip("10.0.0." + std::to_string(last), 2000)));
    const auto with_all = dice.pick(Balance::source, {{{1}}, {{2}}, {{3}}}, client);
    const auto without_2 = dice.pick(Balance::source, {{{3}}, {{1}}}, client);
    if (with_all != 2) CHECK(without_2 == with_all);
    if (with_all == 2) ++moved;
  }
  CHECK(moved > 15);
  CHECK(moved < 55);
}
