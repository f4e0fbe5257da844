#include "router/balance/balancing.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

using namespace tamada;
using namespace tamada::router;

namespace {

struct Dice {
  BalanceMemory memory;
  std::mt19937 random{7};

  std::uint32_t pick(Balance balance, std::vector<Choice> choices, std::uint64_t source = 0) {
    return choices[choose(balance, choices, {memory, source, random})].node.value;
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

TEST_CASE("leastconn gives sessions in proportion to the weights", "[balancing]") {
  Dice dice;
  std::vector<Choice> nodes = {{{1}, 0, 1}, {{2}, 0, 4}, {{3}, 0, 256}};
  for (int i = 0; i < 2610; ++i) {
    const std::uint32_t chosen = dice.pick(Balance::leastconn, nodes);
    ++nodes[chosen - 1].sessions;
  }
  CHECK(nodes[0].sessions == 10);
  CHECK(nodes[1].sessions == 40);
  CHECK(nodes[2].sessions == 2560);
}

TEST_CASE("roundrobin gives turns in proportion to the weights, spread evenly", "[balancing]") {
  Dice dice;
  std::string order;
  for (int i = 0; i < 8; ++i) {
    order += std::to_string(dice.pick(Balance::roundrobin, {{{1}, 0, 3}, {{2}, 0, 1}}));
  }
  CHECK(std::count(order.begin(), order.end(), '2') == 2);
  CHECK(order.find("22") == std::string::npos);
  CHECK(order.find("11111") == std::string::npos);
  std::map<std::uint32_t, int> seen;
  for (int i = 0; i < 2570; ++i) ++seen[dice.pick(Balance::roundrobin, {{{5}, 0, 1}, {{6}, 0, 256}})];
  CHECK(seen[5] == 10);
  CHECK(seen[6] == 2560);
}

TEST_CASE("roundrobin does not send a crowd to a node that was missing for long", "[balancing]") {
  Dice dice;
  for (int i = 0; i < 1000; ++i) dice.pick(Balance::roundrobin, {{{1}}, {{2}}});
  std::map<std::uint32_t, int> seen;
  for (int i = 0; i < 9; ++i) ++seen[dice.pick(Balance::roundrobin, {{{1}}, {{2}}, {{3}}})];
  CHECK(seen == std::map<std::uint32_t, int>{{1, 3}, {2, 3}, {3, 3}});
}

TEST_CASE("random draws by weight and compares loads by weight", "[balancing]") {
  Dice dice;
  std::map<std::uint32_t, int> seen;
  // As loaded as their weights allow: neither is the better one, so the draw alone decides.
  for (int i = 0; i < 1000; ++i) ++seen[dice.pick(Balance::random, {{{1}, 0, 1}, {{2}, 3, 4}})];
  CHECK(seen[1] > 140);  // a fifth
  CHECK(seen[1] < 260);
  std::vector<Choice> nodes = {{{1}, 0, 1}, {{2}, 0, 3}};
  for (int i = 0; i < 400; ++i) ++nodes[dice.pick(Balance::random, nodes) - 1].sessions;
  CHECK(nodes[0].sessions > 80);
  CHECK(nodes[0].sessions < 120);
}

TEST_CASE("source gives clients to nodes by weight, and moves only those it must", "[balancing]") {
  Dice dice;
  std::map<std::uint32_t, int> seen;
  for (std::uint32_t i = 0; i < 3000; ++i) {
    const std::string ip = "10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250);
    const std::uint64_t client = source_hash(*Address::from_ip(ip, 1000));
    const auto equal = dice.pick(Balance::source, {{{1}}, {{2}}, {{3}}}, client);
    const auto heavier = dice.pick(Balance::source, {{{1}}, {{2}, 0, 4}, {{3}}}, client);
    ++seen[heavier];
    if (heavier != equal) CHECK(heavier == 2);  // nobody moves between nodes whose weight stayed
    REQUIRE(equal == dice.pick(Balance::source, {{{3}, 0, 7}, {{1}, 0, 7}, {{2}, 0, 7}}, client));
  }
  CHECK(seen[2] > 1900);  // 4 of 6
  CHECK(seen[2] < 2100);
}
