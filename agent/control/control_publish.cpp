// What is told of this node: REST's snapshot, the member key, /status, /history, and what a leader finds missing in etcd.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/api/answers/wall_time.h"
#include "agent/control/control.h"
#include "agent/control/state/history_plan.h"
#include "agent/control/views/node_views.h"
#include "common/loop/clock.h"
#include "common/patroni/history_value.h"

namespace tamada::agent {
namespace {

GuardView guard_view(const ServerDesk& server) {
  if (!server.has_guard()) return {GuardState::missing, {}};
  const guard::FenceState& fence = server.guard_status().fence;
  switch (fence.standing) {
    case guard::FenceStanding::disarmed:
      break;
    case guard::FenceStanding::armed:
      return {GuardState::armed, fence.fires_at()};
    case guard::FenceStanding::fired:
      return {GuardState::fired, {}};
  }
  return {GuardState::disarmed, {}};
}

}  // namespace

// Once for what comes together in a turn of the loop.
void Control::publish_soon() {
  if (!decider_ || std::exchange(is_publish_posted_, true)) return;
  loop_.defer([handle = handles_.handle()] {
    Control* self = handle.get();
    if (self == nullptr) return;
    self->is_publish_posted_ = false;
    self->publish();
  });
}

void Control::refresh() {
  const TimePoint now = loop::boot_now();
  state_.setup = setup_;
  state_.dynamic = shared_.settings();
  state_.look = server_.last_look();
  state_.action = server_.action();
  state_.action_state = server_.action_state();
  state_.has_crashed = server_.has_crashed();
  if (decider_) state_.ha = decider_->state(now);
  state_.disk_problem = server_.disk_problem();
  state_.is_guard_missing = server_.guard_report().is_missing;
  state_.has_guard_fired = server_.guard_report().has_fired;
  state_.guard = guard_view(server_);
  state_.next_run = now + shared_.settings().loop_wait;
  state_.pending_restart = server_.pending_restart();
  state_.log_waiting = log_.waiting();
  state_.log_lost = log_.lost();
  const ServerLook& look = state_.look;
  const bool is_primary = look.view.kind == ha::ServerKind::primary;
  state_.takes_writes = is_primary && state_.ha.may_write && !wanted_.is_closed && confirms_writes(look);
  state_.checkpoint_missing = is_primary && look.status && look.status->timeline &&
                              look.status->checkpoint_timeline != look.status->timeline;
}

// In synchronous mode a server that came up again says `writable` once a synchronous standby has confirmed where it came up:
// what becomes visible before could vanish with the next fault.
bool Control::confirms_writes(const ServerLook& look) const {
  if (shared_.settings().synchronous_mode == patroni::SynchronousMode::off) return true;
  return settled_postmaster_ == look.view.postmaster;
}

void Control::publish() {
  if (!decider_ || api_ == nullptr) return;
  const ServerLook& look = server_.last_look();
  if (look.view.kind == ha::ServerKind::primary && settled_postmaster_ != look.view.postmaster) {
    if (std::exchange(settling_postmaster_, look.view.postmaster) != look.view.postmaster) {
      settle_at_ = look.view.written;
    }
    const auto& sync = state_.keys.sync();
    const bool is_nobody_named = !sync || sync->value.voters.empty();
    const bool is_confirmed =
        std::any_of(look.view.senders.begin(), look.view.senders.end(), [this](const ha::WalSender& sender) {
          return sender.is_sync && sender.flushed && settle_at_ && *sender.flushed >= *settle_at_;
        });
    const bool is_strict = shared_.settings().synchronous_mode_strict;
    if (is_confirmed || (is_nobody_named && !is_strict)) settled_postmaster_ = look.view.postmaster;
  }
  refresh();
  const TimePoint now = loop::boot_now();
  api_->publish(node_snapshot(state_, now));
  store_.publish_member(patroni::write_member_value(member_value(state_, now)));
  WantedSlots slots;
  slots.is_leader = state_.ha.holds_lock;
  slots.is_paused = shared_.settings().pause;
  slots.self = config_.name;
  if (state_.keys.leader()) slots.leader = state_.keys.leader()->value;
  slots.keys = state_.keys;
  server_.set_slots(slots);
  if (!state_.ha.holds_lock || look.view.kind != ha::ServerKind::primary) return;
  publish_status();
  keep_history();
  keep_configuration();
}

void Control::publish_status() {
  patroni::StatusValue status;
  status.optime = server_.last_look().view.written.value_or(0);
  if (status.optime == 0) return;
  const auto positions = server_.slots().positions();
  status.slots.emplace(positions.begin(), positions.end());
  status.slots->insert_or_assign(config_.name, status.optime);
  status.retain_slots = server_.slots().retained();
  store_.publish_status(status);
}

void Control::keep_history() {
  const std::uint32_t timeline = server_.last_look().view.timeline;
  const auto& key = state_.keys.history();
  if (timeline == 0 || timelines_.is_reading() || !lacks_history(key ? &key->value : nullptr, timeline))
    return;
  if (timeline == 1) {
    return store_.write(store_.writes().history("[]", store_.lock_guard()));
  }
  if (history_timeline_ == timeline && loop::boot_now() < history_at_ + shared_.settings().loop_wait) return;
  history_timeline_ = timeline;
  history_at_ = loop::boot_now();
  timelines_.read(timeline, [this](const Result<TimelineHistory>& file) {
    if (!file) {
      return log_.write(Severity::warning, "the timeline's history cannot be told: " + file.error().message);
    }
    const Timestamp time{
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()), {}};
    const auto& known = state_.keys.history();
    const patroni::HistoryValue value = history_of(*file, known ? &known->value : nullptr, iso_text(time),
                                                   config_.name, shared_.settings().max_timelines_history);
    store_.write(store_.writes().history(patroni::write_history_value(value), store_.lock_guard()));
  });
}

// A key /config that is missing, after a bootstrap or because somebody removed it, is written again by the leader.
void Control::keep_configuration() {
  if (state_.keys.config() || is_writing_config_ || state_.keys.revision() == 0) return;
  is_writing_config_ = true;
  store_.write(store_.writes().config(shared_.text(), 0),
               [this](const WriteOutcome&) { is_writing_config_ = false; });
}

}  // namespace tamada::agent
