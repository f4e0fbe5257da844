#include "tests/simulation/world/guard_host.h"

namespace tamada::simulation {

ha::GuardReport GuardHost::report() const {
  const guard::FenceState& state = fence_.state();
  ha::GuardReport report;
  report.epoch = state.epoch.create_revision;
  report.is_armed = state.standing == guard::FenceStanding::armed;
  if (promised_ > report.epoch) {
    report.epoch = promised_;
    report.is_armed = true;
    return report;
  }
  report.has_fired = state.standing == guard::FenceStanding::fired;
  return report;
}

void GuardHost::tell() {
  if (listener_) listener_(report());
}

// The deadline comes before everything else.
void GuardHost::look() {
  if (fence_.expire(process_.now())) {
    server_.end_all();
    tell();
  }
  process_.scheduler().cancel(turn_);
  if (fence_.next_turn() != TimePoint::max()) {
    turn_ = process_.scheduler().at(fence_.next_turn(), process_.bind([this] { look(); }));
  }
}

void GuardHost::arm(const guard::LockEpoch& epoch, TimePoint lease_end) {
  if (delay_ > 0us && promised_ != epoch.create_revision) {
    promised_ = epoch.create_revision;
    process_.after(delay_, [this, epoch, lease_end] { arm(epoch, lease_end); });
    return tell();
  }
  look();
  (void)fence_.arm(epoch, lease_end, process_.now());
  look();
  tell();
}

void GuardHost::renew(const guard::LockEpoch& epoch, TimePoint lease_end) {
  look();
  (void)fence_.renew(epoch, lease_end);
  look();
}

void GuardHost::disarm() {
  look();
  (void)fence_.disarm(fence_.state().epoch);
  look();
  tell();
}

void GuardHost::kill() {
  server_.end_all();
  process_.kill();
  process_.start();
  fence_ = guard::Fence();
  process_.scheduler().cancel(turn_);
  tell();
}

}  // namespace tamada::simulation
