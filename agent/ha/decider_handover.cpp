// The rows "handing over" and "leave": a leader that goes because somebody wants it, with a way back.
#include <fmt/format.h>

#include <algorithm>

#include "agent/ha/decider_impl.h"

namespace tamada::ha {
namespace {

constexpr Duration answers_limit = 2s;
constexpr Duration handover_wait = 5s;     // for a candidate to have everything
constexpr Duration stands_back_for = 10s;  // for the new leader to come
constexpr Duration ask_pause = 100ms;

}  // namespace

std::set<std::string> Decider::Impl::handover_candidates() const {
  std::set<std::string> names;
  for (const MemberView& member : store_->members) {
    if (member.name == node_.name || member.api_url.empty() || !member.is_running) continue;
    if (!handover_->candidate.empty() && member.name != handover_->candidate) continue;
    if (member.tags.nofailover && member.name != handover_->candidate) continue;
    // A fail-over to a node of one's choice may leave /sync: it must have everything all the same.
    const bool is_chosen =
        !handover_->is_leaving && store_->failover.leader.empty() && member.name == handover_->candidate;
    if (store_->sync.mod_revision != 0 && !store_->sync.has_standby(member.name) && !is_chosen) continue;
    names.insert(member.name);
  }
  return names;
}

void Decider::Impl::begin_handover(bool is_leaving) {
  handover_ = Handover{};
  handover_->is_leaving = is_leaving;
  handover_->may_return = !is_leaving;
  handover_->is_in_pause = cluster_.pause;
  handover_->began = now_;
  if (!is_leaving) {
    handover_->candidate = store_->failover.candidate;
    handover_->failover_revision = store_->failover.mod_revision;
  }
  tell(HaFactKind::switchover_begun,
       is_leaving
           ? std::string("the agent is to end")
           : fmt::format("to {}", handover_->candidate.empty() ? "whoever is fit" : handover_->candidate));
  ask_all(handover_candidates());
  wake_at(now_ + answers_limit);
}

void Decider::Impl::end_handover() {
  if (handover_->failover_revision != 0 && store_ &&
      store_->failover.mod_revision == handover_->failover_revision && !failover_write_) {
    failover_write_ = next_id();
    order(ClearFailover{*failover_write_, handover_->failover_revision});
  }
  handover_.reset();
}

// It has answered so in this stage. A position on an older timeline says nothing of what was written on this one.
bool Decider::Impl::is_standby_at(const std::string& name, Lsn wanted) const {
  const auto found = asked_.find(name);
  if (found == asked_.end() || !found->second.status || found->second.sent < handover_->began) return false;
  const PeerStatus& status = *found->second.status;
  const bool is_older = status.timeline != 0 && status.timeline < server_.timeline;
  return status.server == PeerStatus::Server::standby && status.position && *status.position >= wanted &&
         !is_older;
}

// One of these has answered that /sync, which is this node's, names.
bool Decider::Impl::is_safe_with_synchronous(const std::set<std::string>& candidates) const {
  const SyncView& sync = store_->sync;
  if (sync.mod_revision == 0 || !same_name(sync.leader, node_.name)) return false;
  return std::any_of(candidates.begin(), candidates.end(), [&](const std::string& name) {
    return sync.has_standby(name) && is_standby_at(name, 0);
  });
}

void Decider::Impl::hand_over() {
  Handover& h = *handover_;
  because("handing over");
  if (!held_ && h.stage != Handover::Stage::releasing) {
    handover_.reset();  // the lock went by itself: the table says what follows
    return wake_at(now_);
  }
  // The server does not come to its end, nor up again, or its data cannot be read: the table says what becomes of the lock.
  const bool cannot_return = h.stage == Handover::Stage::returning && crashes_often();
  if (cannot_return || (h.stage != Handover::Stage::releasing && is_overdue())) {
    tell(HaFactKind::switchover_called_off, "PostgreSQL is ill", true);
    end_handover();
    return wake_at(now_);
  }
  const std::set<std::string> candidates = store_ ? handover_candidates() : std::set<std::string>{};
  const auto fit = [&](Lsn wanted) {
    return std::any_of(candidates.begin(), candidates.end(),
                       [&](const std::string& name) { return is_standby_at(name, wanted); });
  };
  const auto go_to = [&](Handover::Stage stage) {
    h.stage = stage;
    h.began = now_;
  };
  switch (h.stage) {
    case Handover::Stage::checking: {
      if (cluster_.pause && h.is_leaving) {
        handover_.reset();
        return leave();
      }
      if (cluster_.pause && !h.is_in_pause) {
        tell(HaFactKind::switchover_called_off, "pause", true);
        return end_handover();
      }
      const Lsn written = server_.written.value_or(0);
      const Lsn wanted =
          written > cluster_.maximum_lag_on_failover ? written - cluster_.maximum_lag_on_failover : 0;
      const bool is_found = fit(wanted);
      if (!is_found && now_ < h.began + answers_limit && !candidates.empty())
        return wake_at(h.began + answers_limit);
      if (!is_found && h.may_return) {
        tell(HaFactKind::switchover_called_off, "no good candidates have been found", true);
        return end_handover();
      }
      go_to(Handover::Stage::stopping);
      Action stop;
      stop.kind = ActionKind::stop_fast;
      stop.makes_checkpoint = !h.is_leaving;
      return begin(std::move(stop));
    }
    case Handover::Stage::stopping:
      if (server_.kind == ServerKind::unknown || server_.kind == ServerKind::stopping) return;
      if (server_.kind == ServerKind::stopped && !may_write_) {
        h.shutdown = server_.position().value_or(0);
        go_to(Handover::Stage::confirming);
        ask_all(candidates);
        return wake_at(now_ + ask_pause);
      }
      if (h.may_return) {
        tell(HaFactKind::switchover_called_off, "PostgreSQL did not stop", true);
        return end_handover();
      }
      return begin(ActionKind::stop_immediate);
    case Handover::Stage::confirming:
      if (server_.kind == ServerKind::stopped && server_.control == ControlState::shut_down &&
          fit(h.shutdown)) {
        go_to(Handover::Stage::releasing);
        return release();
      }
      // Ended hard (primary_stop_timeout): there is no final position that somebody could confirm. But whoever /sync names
      // has all that was acknowledged.
      if (server_.kind == ServerKind::stopped && server_.control == ControlState::in_production &&
          is_safe_with_synchronous(candidates)) {
        because("PostgreSQL was ended hard, and a synchronous standby has what was acknowledged");
        go_to(Handover::Stage::releasing);
        return release();
      }
      if (now_ >= h.began + handover_wait || candidates.empty()) {
        if (!h.may_return) {
          because("the agent ends; no node has confirmed the final position");
          go_to(Handover::Stage::releasing);
          return release();
        }
        tell(HaFactKind::switchover_called_off,
             "no candidate has everything; PostgreSQL starts again as the leader", true);
        go_to(Handover::Stage::returning);
        return wake_at(now_);
      }
      for (const std::string& name : candidates) {
        Asked& asked = asked_[name];
        if (asked.is_answered && now_ >= asked.at + ask_pause) ask_all({name});
      }
      return wake_at(now_ + ask_pause);
    case Handover::Stage::releasing:
      if (!held_) {
        if (!h.is_leaving) {
          stands_back_until_ = now_ + stands_back_for;
          rejoins_in_pause_ = h.is_in_pause;
        }
        handover_.reset();
        return wake_at(now_);
      }
      if (!lock_call_) release();
      return;
    case Handover::Stage::returning:
      if (server_.kind == ServerKind::primary) return end_handover();
      // There is nothing to return to: the table says what becomes of the lock.
      if (server_.data == DataState::absent || server_.data == DataState::broken) {
        end_handover();
        return wake_at(now_);
      }
      if (lock_standing() != LockStanding::mine || server_.kind != ServerKind::stopped) return;
      return start_in_place();
  }
}

// The commits of a leader whose synchronous standby goes wait until another one is chosen. So the standby says before that
// it goes, and waits until /sync does not name it any more: not for ever, and not for a leader that goes as well.
bool Decider::Impl::waits_for_release_from_sync() {
  const bool is_awaited = server_.kind == ServerKind::standby && cluster_.synchronous_mode && store_ &&
                          store_->sync.has_standby(node_.name) && lock_standing() == LockStanding::foreign &&
                          leader_runs();
  const TimePoint limit = leaving_since_ + 2 * cluster_.loop_wait;
  if (!is_awaited || now_ >= limit) return false;
  because("the agent is to end; waiting until this node is no synchronous standby any more");
  wake_at(limit);
  return true;
}

void Decider::Impl::leave() {
  because("the agent is to end");
  const auto done = [this] {
    if (!has_left_) order(Leave{});
    has_left_ = true;
  };
  if (cluster_.pause) return done();
  if (server_.kind == ServerKind::stopped && !may_write_) {
    // Where etcd does not answer, the lock ends by itself: nobody waits for more than that.
    if (held_ && now_ < held_->valid_until) {
      wake_at(held_->valid_until);
      return release();
    }
    return done();
  }
  if (server_.kind == ServerKind::primary && lock_standing() == LockStanding::mine && store_)
    return begin_handover(true);
  const bool is_passing = server_.kind == ServerKind::unknown || server_.kind == ServerKind::stopping;
  if (is_passing && !is_overdue()) return;
  if (waits_for_release_from_sync()) return;
  begin(failures_[ActionKind::stop_fast] == 0 && server_.kind != ServerKind::hung && !is_passing
            ? ActionKind::stop_fast
            : ActionKind::stop_immediate);
}

}  // namespace tamada::ha
