#include "agent/control/operator/reinitialize_desk.h"

#include <utility>

#include "common/loop/clock.h"

namespace tamada::agent {

using ha::ActionKind;

ReinitializeDesk::ReinitializeDesk(loop::Loop& loop, ControlAccess& control, RunningAction& running)
    : control_(control), running_(running), limit_(loop, [this] { on_limit(); }) {}

std::optional<ReinitializeStart> ReinitializeDesk::refusal() const {
  const ControlState& state = control_.state();
  const std::string own_name = state.setup ? state.setup->config.name : "";
  const auto& leader = state.keys.leader();
  // Also a server that takes writes without the lock (in pause) has what nobody else has.
  if (state.ha.holds_lock || state.ha.may_write || (leader && leader->value == own_name)) {
    return ReinitializeStart::is_leader;
  }
  const bool is_known = state.heard && loop::boot_now() < *state.heard + state.dynamic.ttl;
  if (!is_known || !leader) return ReinitializeStart::no_leader;
  return std::nullopt;
}

void ReinitializeDesk::reinitialize(const ReinitializeRequest& request, Then then) {
  if (const auto refused = refusal()) return then(*refused, {});
  if (asked_) return then(ReinitializeStart::busy, "reinitialize");
  if (running_.is_running() && !request.force) return then(ReinitializeStart::busy, running_.words());
  asked_ = Asked{std::move(then), request.force};
  limit_.start(request.force ? forced_limit : begin_limit);
  control_.reinitialize(request.from_leader, request.force);
}

void ReinitializeDesk::on_action_begun(const ha::Action& action) {
  if (!asked_) return;
  if (action.kind == ActionKind::clone) {
    running_.is_asked_for = true;
    return finish(ReinitializeStart::started);
  }
  // A forced one waits for the end of whatever else begins.
  if (!asked_->is_forced) finish(ReinitializeStart::busy, running_.words());
}

void ReinitializeDesk::on_limit() {
  if (!asked_) return;
  if (running_.is_running()) return finish(ReinitializeStart::busy, running_.words());
  // The decider did not begin it: the leader does not run, or does not lead any more.
  finish(ReinitializeStart::no_leader);
}

void ReinitializeDesk::finish(ReinitializeStart start, std::string action) {
  limit_.stop();
  const Then then = std::move(asked_->then);
  asked_.reset();
  then(start, std::move(action));
}

}  // namespace tamada::agent
