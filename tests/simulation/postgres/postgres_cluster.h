// PostgresCluster: the servers of one history, their common WalBook and RowLedger, and the questions that the checks ask.
//
// The network between servers lies outside: `travel` says how long a message takes from one to another now; nullopt: it
// does not arrive, and is sent again until the connection is given up (a cut; the loss of a packet is a longer time).
//
// Names are those of the nodes, and also the application_name of a replica. Not for several threads. The Scheduler must
// outlive it, and must not run any more once it is gone.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/engine/random.h"
#include "tests/simulation/engine/scheduler.h"
#include "tests/simulation/postgres/postgres_types.h"
#include "tests/simulation/postgres/row_ledger.h"
#include "tests/simulation/postgres/wal_book.h"

namespace tamada::simulation {

class PostgresModel;

class PostgresCluster {
 public:
  using Travel = std::function<std::optional<Duration>(const std::string& from, const std::string& to)>;

  PostgresCluster(Scheduler& scheduler, Random random, Travel travel);
  ~PostgresCluster();
  PostgresCluster(const PostgresCluster&) = delete;
  PostgresCluster& operator=(const PostgresCluster&) = delete;

  // A node with an empty data directory.
  PostgresModel& add(std::string name);
  // nullptr: no such node.
  [[nodiscard]] PostgresModel* find(const std::string& name) const;
  [[nodiscard]] PostgresModel& at(const std::string& name) const { return *find(name); }
  [[nodiscard]] const std::vector<std::unique_ptr<PostgresModel>>& nodes() const { return nodes_; }

  // --- for the checks. All of it is the truth of the simulation, not what anybody in it could know.
  // Servers that take writes, or will once they are thawed; orphans of a dead postmaster count.
  [[nodiscard]] std::vector<std::string> writable() const;
  // Nodes whose directory holds every row that was acknowledged (covered: by synchronous replication).
  [[nodiscard]] std::vector<std::string> with_everything(RowLedger::Which which) const;
  // What would be lost if `node` were promoted now.
  [[nodiscard]] std::vector<AcknowledgedRow> lost_with(const PostgresModel& node,
                                                       RowLedger::Which which) const;
  // Promotions of two servers to timelines of the same number, and servers that went on from a point where another one
  // had gone on already on the same timeline and passed it on: pairs of nodes that hold such histories now.
  [[nodiscard]] bool diverged_on_one_timeline(const PostgresModel& left, const PostgresModel& right) const;

  // --- shared by the servers
  [[nodiscard]] Scheduler& scheduler() { return scheduler_; }
  [[nodiscard]] Random& random() { return random_; }
  [[nodiscard]] WalBook& book() { return book_; }
  [[nodiscard]] const WalBook& book() const { return book_; }
  [[nodiscard]] RowLedger& ledger() { return ledger_; }
  [[nodiscard]] const RowLedger& ledger() const { return ledger_; }
  [[nodiscard]] std::optional<Duration> travel(const std::string& from, const std::string& to) const {
    return travel_(from, to);
  }
  [[nodiscard]] std::uint64_t next_number() { return ++numbers_; }

 private:
  Scheduler& scheduler_;
  Random random_;
  Travel travel_;
  WalBook book_;
  RowLedger ledger_;
  std::vector<std::unique_ptr<PostgresModel>> nodes_;
  std::uint64_t numbers_ = 0;
};

}  // namespace tamada::simulation
