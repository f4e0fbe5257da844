#include "agent/ha/decider.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "agent/ha/decider_impl.h"

namespace tamada::ha {

Decider::Decider(NodeSettings node, ClusterSettings cluster, TimePoint now)
    : impl_(std::make_unique<Impl>(std::move(node), std::move(cluster), now)) {}
Decider::~Decider() = default;

Step Decider::apply(const HaEvent& event, TimePoint now) {
  impl_->take(event, now);
  return impl_->settle(now);
}

Step Decider::tick(TimePoint now) {
  return impl_->settle(now);
}

HaState Decider::state(TimePoint now) const {
  return impl_->state(now);
}

Decider::Impl::Impl(NodeSettings node, ClusterSettings cluster, TimePoint now)
    : node_(std::move(node)), cluster_(std::move(cluster)), now_(now), kind_since_(now) {}

void Decider::Impl::take(const HaEvent& event, TimePoint now) {
  now_ = std::max(now_, now);
  std::visit([this](const auto& one) { take(one); }, event);
}

Step Decider::Impl::settle(TimePoint now) {
  now_ = std::max(now_, now);
  step_.next_tick = now_ + std::min<Duration>(cluster_.loop_wait, 10s);
  track_rejoin();
  const RowId row = decide(situation()).id;
  step_.row = row;
  step_.reason.clear();
  step_.wanted = {};
  step_.wanted.keeps_synchronous = true;
  carry_out(row);
  keep_lock();
  keep_guard();
  if (row != last_row_) {
    std::string words(name_of(row));
    if (!step_.reason.empty()) words += ": " + step_.reason;
    tell(HaFactKind::row_changed, std::move(words));
    last_row_ = row;
  }
  step_.wanted.follow = follow_;
  step_.wanted.receiver_off = receiver_off_;
  step_.wanted.is_closed = is_bootstrapping_ || action_.kind == ActionKind::bootstrap;
  if (may_write_ || row == RowId::promote || row == RowId::start_in_place || handover_) {
    step_.wanted.keeps_synchronous = !sync_plan_.is_known();
    step_.wanted.synchronous_standbys = sync_plan_.wanted();
    step_.wanted.wait_for_nobody =
        cluster_.synchronous_mode_strict && sync_plan_.wanted() && sync_plan_.wanted()->empty();
  }
  return std::exchange(step_, Step{});
}

HaState Decider::Impl::state(TimePoint now) const {
  HaState state;
  state.holds_lock = held_ && held_->is_proved && now < held_->valid_until;
  if (state.holds_lock) state.lock_valid_until = held_->valid_until;
  state.may_write = may_write_;
  state.is_unlocked = store_ && !store_->leader;
  state.stays_out_of_sync = is_leaving_ && cluster_.synchronous_mode && !cluster_.pause && !may_write_;
  state.has_diverged = has_diverged();
  state.is_stuck = state.has_diverged && rejoin_.state == Rejoin::stuck;
  if (is_receiver_gone()) {
    state.receiver_gone_since = receiver_off_;
  }
  return state;
}

void Decider::Impl::tell(HaFactKind kind, std::string words, bool is_warning) {
  step_.facts.push_back({kind, std::move(words), is_warning});
}

void Decider::Impl::wake_at(TimePoint at) {
  step_.next_tick = std::min(step_.next_tick, std::max(at, now_));
}

}  // namespace tamada::ha
