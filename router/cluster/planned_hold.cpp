#include "router/cluster/planned_hold.h"

#include <fmt/format.h>

#include <utility>

namespace tamada::router {

void PlannedHold::hear(const PlannedChange& change, TimePoint now) {
  if (heard_ && change.as_of < heard_->as_of) return;
  const bool same = heard_ && heard_->from == change.from && heard_->to == change.to;
  heard_ = change;
  if (same) return;
  if (change.from || change.to) {
    end();
    change_ = change;
    until_ = now + in_vain;
  } else if (!holds()) {
    end();
  } else if (!cleared_) {
    cleared_ = now;
  }
}

// An immediate change away from the node that leads.
bool PlannedHold::is_about(const Belief& belief) const {
  if (!belief.leader.is_set() || belief.to == belief.leader) return false;
  // Without `leader` the key is for whoever leads. Then the candidate must be somebody: a name nobody goes by
  // may be the leader's.
  return change_->from ? belief.from == belief.leader : belief.to.is_set();
}

std::optional<Fact> PlannedHold::settle(const Belief& belief, TimePoint now) {
  if (!change_) return std::nullopt;
  if (!holds()) {
    if (now >= until_) {
      end();
      return std::nullopt;
    }
    if (!is_about(belief)) return std::nullopt;
    held_ = belief.leader;
    words_ = fmt::format("a switchover from {}{} has been announced", belief.leader_name,
                         change_->to ? " to " + *change_->to : "");
    return Fact{FactKind::switchover_announced, belief.leader_name, words_ + ": new writers wait"};
  }
  if (belief.leader.is_set() && belief.leader != held_) {
    end();
  } else if (now >= until_) {
    if (belief.leader.is_set()) {
      return call_off(belief, fmt::format("it still leads {} s after a switchover was announced",
                                          std::chrono::duration_cast<std::chrono::seconds>(in_vain).count()));
    }
    end();
  } else if (cleared_ && belief.leader.is_set() && belief.leads_as_of &&
             *belief.leads_as_of >= *cleared_ + grace) {
    return call_off(belief, "the announced switchover was taken back, and it still leads");
  }
  return std::nullopt;
}

std::optional<TimePoint> PlannedHold::until() const {
  return holds() ? std::optional(until_) : std::nullopt;
}

Fact PlannedHold::call_off(const Belief& belief, const std::string& why) {
  end();
  return {FactKind::switchover_called_off, belief.leader_name,
          fmt::format("new writers go to {} again: {}", belief.leader_name, why)};
}

void PlannedHold::end() {
  change_.reset();
  cleared_.reset();
  held_ = {};
  words_.clear();
}

}  // namespace tamada::router
