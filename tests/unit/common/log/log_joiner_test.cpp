#include "common/log/log_joiner.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada;

namespace {

constexpr TimePoint start{1000s};

std::uint64_t written(LogJoiner& joiner, const JoinBy& by, int lines, TimePoint now,
                      LogLevel level = LogLevel::warn) {
  std::uint64_t count = 0;
  for (int i = 0; i < lines; ++i) count += joiner.admit(level, "cancel.dropped", by, now) ? 1U : 0U;
  return count;
}

}  // namespace

TEST_CASE("the first lines of a kind are written, and later it is told how many more there were",
          "[log_joiner]") {
  LogJoiner joiner(10s);
  CHECK_FALSE(joiner.next_due());
  CHECK(written(joiner, {"read", "a"}, 4000, start) == LogJoiner::lines_at_once);
  CHECK(joiner.next_due() == start + 10s);
  CHECK(written(joiner, {"read", "b"}, 1, start + 9s) == 0);
  CHECK(joiner.take_due(start + 9s).empty());
  const auto due = joiner.take_due(start + 10s);
  REQUIRE(due.size() == 1);
  CHECK(due[0].event == "cancel.dropped");
  CHECK(due[0].about == "read");
  CHECK(due[0].more == 4001 - LogJoiner::lines_at_once);
  CHECK(due[0].addresses == 2);
  CHECK(due[0].lasted == 10s);
  CHECK_FALSE(joiner.next_due());
}

TEST_CASE("a kind that goes on begins a new window, with lines again", "[log_joiner]") {
  LogJoiner joiner(10s);
  (void)written(joiner, {"read", "a"}, 100, start);
  CHECK(joiner.take_due(start + 10s).size() == 1);
  CHECK(written(joiner, {"read", "a"}, 100, start + 10s) == LogJoiner::lines_at_once);
  CHECK(joiner.next_due() == start + 20s);
}

TEST_CASE("few lines now and then are all written, and nothing is told later", "[log_joiner]") {
  LogJoiner joiner(10s);
  for (int i = 0; i < 100; ++i) CHECK(written(joiner, {"read", "a"}, 1, start + i * 5s) == 1);
  CHECK_FALSE(joiner.next_due());
  CHECK(joiner.take_all(start + 500s).empty());
}

TEST_CASE("kinds are told apart by event and by what they are about", "[log_joiner]") {
  LogJoiner joiner(10s);
  (void)written(joiner, {"read", "a"}, 100, start);
  CHECK(written(joiner, {"write", "a"}, 1, start) == 1);
  CHECK(joiner.admit(LogLevel::warn, "session.end", {"read", "a"}, start));
}

TEST_CASE("the told line is as important as the most important one it stands for", "[log_joiner]") {
  LogJoiner joiner(10s);
  (void)written(joiner, {"read", "a"}, 10, start, LogLevel::info);
  (void)written(joiner, {"read", "a"}, 1, start, LogLevel::warn);
  (void)written(joiner, {"read", "a"}, 1, start, LogLevel::info);
  CHECK(joiner.take_due(start + 10s).at(0).level == LogLevel::warn);
}

TEST_CASE("a crowd of addresses does not fill the memory, and at the end everything is told",
          "[log_joiner]") {
  LogJoiner joiner(10s);
  for (int i = 0; i < 10'000; ++i) (void)written(joiner, {"read", std::to_string(i)}, 1, start);
  (void)written(joiner, {"write", "a"}, 10, start);
  const auto all = joiner.take_all(start + 1s);
  REQUIRE(all.size() == 2);
  CHECK(all[0].addresses == LogJoiner::addresses_max);
  CHECK(all[0].more == 10'000 - LogJoiner::lines_at_once);
  CHECK(all[1].more == 10 - LogJoiner::lines_at_once);
  CHECK(joiner.take_all(start + 1s).empty());
}
