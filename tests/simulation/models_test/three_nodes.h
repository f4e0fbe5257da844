#pragma once

#include <catch2/catch.hpp>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/postgres/postgres_model.h"

namespace tamada::simulation {

// Three nodes a millisecond apart: "a" leads, "b" and "c" stream from it.
struct ThreeNodes {
  explicit ThreeNodes(std::uint64_t seed = 1)
      : cluster(scheduler, Random(seed), [this](const std::string& from, const std::string& to) {
          return cut.count(from + to) > 0 ? std::nullopt : std::optional<Duration>(1ms);
        }) {
    for (const char* name : {"a", "b", "c"}) cluster.add(name);
    finish([&](auto done) { a().initdb(77, done); });
    REQUIRE(a().start(StartRole::primary) == PostgresFault::none);
    run(1s);
    for (const char* name : {"b", "c"}) {
      CHECK(finish([&](auto done) { at(name).clone("a", done); }) == PostgresFault::none);
      at(name).set_upstream("a");
      REQUIRE(at(name).start(StartRole::standby) == PostgresFault::none);
    }
    run(1s);
    REQUIRE(a().status().senders.size() == 2);
    session = a().connect();
  }
  PostgresModel& at(const std::string& name) { return cluster.at(name); }
  PostgresModel& a() { return at("a"); }
  PostgresModel& b() { return at("b"); }
  PostgresModel& c() { return at("c"); }
  void run(Duration span) { scheduler.run_for(span); }
  // Runs an action on a directory to its end.
  PostgresFault finish(const std::function<void(PostgresModel::ActionDone)>& begin) {
    std::optional<PostgresFault> ended;
    begin([&](PostgresFault fault) { ended = fault; });
    CHECK_FALSE(ended);
    for (int i = 0; i < 600 && !ended; ++i) run(100ms);
    REQUIRE(ended);
    return *ended;
  }
  void write(RowNumber row) { write_to("a", session, row); }
  void write_to(const std::string& node, PostgresModel::SessionId on, RowNumber row) {
    at(node).write(on, row, [this, row](WriteOutcome outcome) {
      CHECK(outcomes.count(row) == 0);
      outcomes[row] = outcome;
    });
  }
  [[nodiscard]] std::string outcome(RowNumber row) const {
    const auto found = outcomes.find(row);
    if (found == outcomes.end()) return "waits";
    switch (found->second) {
      case WriteOutcome::acknowledged:
        return "acknowledged";
      case WriteOutcome::refused:
        return "refused";
      case WriteOutcome::unknown:
        return "unknown";
    }
    return "";
  }
  void cut_both(const std::string& one, const std::string& other) {
    cut.insert(one + other);
    cut.insert(other + one);
  }
  [[nodiscard]] std::vector<RowNumber> rows(const std::string& name) {
    return cluster.book().rows(at(name).log());
  }
  using Rows = std::vector<RowNumber>;

  Scheduler scheduler;
  std::set<std::string> cut;
  PostgresCluster cluster;
  PostgresModel::SessionId session = 0;
  std::map<RowNumber, WriteOutcome> outcomes;
};

}  // namespace tamada::simulation
