// LeadershipBook: how often the leader changed, and how long there was none, since the router's start. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "common/base/time.h"
#include "router/balance/ids.h"

namespace tamada::router {

class LeadershipBook {
 public:
  explicit LeadershipBook(TimePoint started) : none_since_(started) {}

  // Who leads after a turn; not set: nobody. Repetitions say nothing new.
  void look(NodeId leader, TimePoint now) {
    if (leader == leader_) return;
    if (leader.is_set()) {
      ++confirmations_;
      if (last_.is_set() && leader != last_) ++changes_;
      if (none_since_) without_ += now - *none_since_;
      none_since_.reset();
      last_ = leader;
    } else {
      none_since_ = now;
    }
    leader_ = leader;
  }

  // Times that another node than the last leader was confirmed; the first one is none.
  [[nodiscard]] std::uint64_t changes() const { return changes_; }
  // Times that anybody was.
  [[nodiscard]] std::uint64_t confirmations() const { return confirmations_; }
  // Without a leader, in all, the present stretch included.
  [[nodiscard]] Duration without_leader(TimePoint now) const {
    return none_since_ ? without_ + (now - *none_since_) : without_;
  }
  // Set while nobody leads.
  [[nodiscard]] std::optional<TimePoint> none_since() const { return none_since_; }

 private:
  NodeId leader_;
  NodeId last_;  // who led last
  std::optional<TimePoint> none_since_;
  Duration without_{};
  std::uint64_t changes_ = 0;
  std::uint64_t confirmations_ = 0;
};

}  // namespace tamada::router
