// The node n1 under its real decider, and what a test asks of its steps.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/ha/decider.h"

namespace tamada::ha {

inline constexpr const char* system_id = "7100000000000000001";

// Its events come when the test says that time has passed.
class Node {
 public:
  Node() {
    settings_.name = "n1";
    decider_.emplace(settings_, ClusterSettings{}, now_);
  }

  Step tell(const HaEvent& event) {
    step_ = decider_->apply(event, now_);
    return step_;
  }
  void pass(Duration time) { now_ += time; }
  [[nodiscard]] TimePoint now() const { return now_; }
  [[nodiscard]] bool holds_lock() const { return decider_->state(now_).holds_lock; }
  [[nodiscard]] bool stays_out_of_sync() const { return decider_->state(now_).stays_out_of_sync; }
  [[nodiscard]] HaState state() const { return decider_->state(now_); }
  // The state after the settings have been told once more, which changes nothing.
  [[nodiscard]] RowId row() { return tell(settings_).row; }
  [[nodiscard]] const std::string& reason() const { return step_.reason; }

  // What etcd shows at this revision: no leader, no members but these.
  StoreView store(std::int64_t revision, const std::string& initialize = {}, bool has_initialize = true) {
    StoreView view;
    view.as_of = now_;
    view.store_id = 1;
    view.revision = revision;
    view.has_initialize = has_initialize;
    view.initialize = initialize;
    return view;
  }
  StoreView new_store(std::int64_t revision) { return store(revision, {}, false); }
  ServerView server(ServerKind kind, DataState data = DataState::present) {
    ServerView view;
    view.as_of = now_;
    view.data = data;
    view.kind = kind;
    if (data == DataState::present) view.system_id = system_id;
    view.timeline = data == DataState::present ? 1 : 0;
    view.postmaster = kind == ServerKind::stopped ? 0 : 1;
    if (kind == ServerKind::standby) view.received = 100;
    if (kind == ServerKind::primary) view.written = 100;
    return view;
  }
  LockReport lock(LockReport::Operation operation, std::int64_t epoch, std::int64_t revision) {
    LockReport report;
    report.operation = operation;
    report.outcome = LockReport::Outcome::held;
    report.epoch = epoch;
    report.lease = 77;
    report.valid_until = now_ + 30s;
    report.revision = revision;
    return report;
  }
  static LeaderKeyView own_key(std::int64_t epoch) { return {"n1", 77, epoch, epoch}; }

 private:
  NodeSettings settings_;
  TimePoint now_{1000s};
  std::optional<Decider> decider_;
  Step step_;
};

template <class Kind>
[[nodiscard]] std::vector<Kind> orders(const Step& step) {
  std::vector<Kind> found;
  for (const Order& order : step.orders) {
    if (const auto* one = std::get_if<Kind>(&order)) found.push_back(*one);
  }
  return found;
}

// What two steps, one after the other, have ordered.
[[nodiscard]] inline Step both(const Step& first, Step second) {
  second.orders.insert(second.orders.begin(), first.orders.begin(), first.orders.end());
  return second;
}

[[nodiscard]] inline bool begins(const Step& step, ActionKind kind) {
  const auto begun = orders<BeginAction>(step);
  return std::any_of(begun.begin(), begun.end(),
                     [kind](const BeginAction& one) { return one.action.kind == kind; });
}

[[nodiscard]] inline MemberView member(const std::string& name, bool has_data) {
  MemberView view;
  view.name = name;
  view.api_url = "http://" + name + ":8008/patroni";
  view.has_data = has_data;
  return view;
}

}  // namespace tamada::ha
