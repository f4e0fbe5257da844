#include "tests/simulation/postgres/postgres_cluster.h"

#include <algorithm>
#include <utility>

#include "tests/simulation/postgres/postgres_model.h"

namespace tamada::simulation {
namespace {

// The timelines on which `log` has records after `from`.
std::vector<std::uint32_t> timelines_after(const WalBook& book, WalPoint log, WalPoint from) {
  std::vector<std::uint32_t> found{book.timeline(log)};
  for (const TimelineSwitch& one : book.history(log)) {
    if (one.end > book.lsn(from)) found.push_back(one.timeline);
  }
  return found;
}

}  // namespace

PostgresCluster::PostgresCluster(Scheduler& scheduler, Random random, Travel travel)
    : scheduler_(scheduler), random_(random), travel_(std::move(travel)) {}

PostgresCluster::~PostgresCluster() = default;

PostgresModel& PostgresCluster::add(std::string name) {
  nodes_.push_back(std::make_unique<PostgresModel>(*this, std::move(name)));
  return *nodes_.back();
}

PostgresModel* PostgresCluster::find(const std::string& name) const {
  const auto found =
      std::find_if(nodes_.begin(), nodes_.end(), [&](const auto& node) { return node->name() == name; });
  return found == nodes_.end() ? nullptr : found->get();
}

std::vector<std::string> PostgresCluster::writable() const {
  std::vector<std::string> names;
  for (const auto& node : nodes_) {
    if (node->is_writable()) names.push_back(node->name());
  }
  return names;
}

std::vector<std::string> PostgresCluster::with_everything(RowLedger::Which which) const {
  std::vector<std::string> names;
  for (const auto& node : nodes_) {
    if (node->directory() == DirectoryState::whole && lost_with(*node, which).empty()) {
      names.push_back(node->name());
    }
  }
  return names;
}

std::vector<AcknowledgedRow> PostgresCluster::lost_with(const PostgresModel& node,
                                                        RowLedger::Which which) const {
  return ledger_.missing_from(book_, node.log(), which);
}

bool PostgresCluster::diverged_on_one_timeline(const PostgresModel& left, const PostgresModel& right) const {
  const auto both = book_.common(left.log(), right.log());
  if (!both || *both == left.log() || *both == right.log()) return false;
  const std::vector<std::uint32_t> mine = timelines_after(book_, left.log(), *both);
  const std::vector<std::uint32_t> theirs = timelines_after(book_, right.log(), *both);
  return std::any_of(mine.begin(), mine.end(), [&](std::uint32_t timeline) {
    return std::find(theirs.begin(), theirs.end(), timeline) != theirs.end();
  });
}

}  // namespace tamada::simulation
