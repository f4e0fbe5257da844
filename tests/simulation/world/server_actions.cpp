// What an agent has done to its server: each action takes its time, and may be cancelled or interrupted in it.
#include <utility>

#include "tests/simulation/world/server_model.h"
#include "tests/simulation/world/world.h"

namespace tamada::simulation {
namespace {

using ha::ActionKind;
using ha::ActionResult;
using ha::ControlState;
using ha::DataState;
using ha::Divergence;
using ha::ServerKind;
using Outcome = ActionResult::Outcome;

// A tool that works on the data directory, which ends with the agent.
bool is_tool(ActionKind kind) {
  return kind == ActionKind::bootstrap || kind == ActionKind::clone || kind == ActionKind::rewind ||
         kind == ActionKind::recover_alone || kind == ActionKind::check_divergence;
}

}  // namespace

void ServerModel::begin(const ha::Action& action, std::function<void(ActionResult)> done) {
  action_ = action;
  done_ = std::move(done);
  ++action_life_;
  run(action);
}

void ServerModel::finish(Outcome outcome, std::string words, Divergence divergence) {
  ++action_life_;
  action_ = {};
  if (const auto done = std::exchange(done_, nullptr)) done({outcome, divergence, std::move(words)});
}

void ServerModel::cancel() {
  if (action_.kind == ActionKind::none) return;
  const ActionKind kind = action_.kind;
  if (kind == ActionKind::rewind) data_ = DataState::broken;
  if (kind == ActionKind::bootstrap) data_ = DataState::absent;
  if (kind == ActionKind::start_primary || kind == ActionKind::start_standby) end_all();
  finish(Outcome::cancelled, "cancelled");
}

void ServerModel::abandon() {
  if (is_tool(action_.kind)) {
    if (action_.kind == ActionKind::rewind) data_ = DataState::broken;
    if (action_.kind == ActionKind::bootstrap) data_ = DataState::absent;
    ++action_life_;
    action_ = {};
  }
  done_ = nullptr;
}

void ServerModel::run(const ha::Action& action) {
  const auto later = [this](Duration delay, std::function<void()> work) {
    world_.scheduler().after(delay, [this, life = action_life_, work = std::move(work)] {
      if (life == action_life_) work();
    });
  };
  const std::string from = action.from;
  switch (action.kind) {
    case ActionKind::none:
      return;
    case ActionKind::bootstrap:
      return later(random_.between(1s, 4s), [this] {
        data_ = DataState::present;
        system_id_ = std::to_string(7100000000000000000ULL + random_.below(1000000000));
        wal_ = {};
        wal_.append(0);
        flushed_ = wal_.end();
        has_signal_ = false;
        is_closed_ = true;
        wanted_.is_closed = true;
        ++postmaster_;
        became(ServerKind::primary);
        finish(Outcome::done);
      });
    case ActionKind::set_aside:
      return later(100ms, [this] {
        if (kind_ == ServerKind::stopped) empty_data();
        finish(Outcome::done);
      });
    case ActionKind::clone:
      return later(random_.between(1s, 8s), [this, from] { clone(from); });
    case ActionKind::rewind:
      return later(random_.between(500ms, 3s), [this, from] { rewind(from); });
    case ActionKind::start_primary:
      return start(true);
    case ActionKind::start_standby:
      upstream_ = from;
      return start(false);
    case ActionKind::promote:
      return promote(action.timeline);
    case ActionKind::stop_fast:
      return stop_fast();
    case ActionKind::stop_immediate:
      return later(random_.between(1ms, 100ms), [this] {
        end_all();
        finish(Outcome::done);
      });
    case ActionKind::restart: {
      const bool was_primary = kind_ == ServerKind::primary;
      ended(was_primary ? ControlState::shut_down : ControlState::shut_down_in_recovery);
      // From here on it is a start like any other.
      action_.kind = was_primary ? ActionKind::start_primary : ActionKind::start_standby;
      return start(was_primary);
    }
    case ActionKind::check_divergence:
      return later(random_.between(5ms, 50ms), [this, from] { check_divergence(from); });
    case ActionKind::recover_alone:
      return later(random_.between(100ms, 1s), [this] {
        if (kind_ == ServerKind::stopped && data_ == DataState::present) control_ = ControlState::shut_down;
        finish(Outcome::done);
      });
  }
}

void ServerModel::start(bool as_primary) {
  if (kind_ != ServerKind::stopped || data_ != DataState::present)
    return finish(Outcome::failed, "cannot start");
  // The guard starts nothing as a primary whose deadline does not hold.
  if (as_primary && !world_.guard_holds(name_))
    return finish(Outcome::failed, "the guard's deadline does not hold");
  has_signal_ = !as_primary;
  ++life_;
  ++postmaster_;
  hangs_ = false;
  became(ServerKind::starting);
  after(random_.between(50ms, 1500ms), [this, as_primary] {
    became(as_primary ? ServerKind::primary : ServerKind::standby);
    apply_settings();
    if (!as_primary && !is_receiver_off_ && !upstream_.empty()) arm_receive(5ms);
    if (action_.kind == ActionKind::start_primary || action_.kind == ActionKind::start_standby) {
      finish(Outcome::done);
    }
  });
}

void ServerModel::stop_fast() {
  if (kind_ == ServerKind::stopped) return finish(Outcome::done);
  if (kind_ == ServerKind::starting || is_stalled_ || hangs_) {
    return after(2s, [this] { finish(Outcome::failed, "it does not stop"); });
  }
  const bool is_primary = kind_ == ServerKind::primary;
  commits_.clear();  // their sessions are ended; the rows stay in the WAL
  became(ServerKind::stopping);
  after(random_.between(20ms, 300ms), [this, is_primary] {
    if (is_primary) {
      wal_.append(0);  // the shutdown checkpoint
      flushed_ = wal_.end();
      pump();
    }
    // Walsenders have the time to send it.
    after(random_.between(20ms, 200ms), [this, is_primary] {
      ended(is_primary ? ControlState::shut_down : ControlState::shut_down_in_recovery);
    });
  });
}

void ServerModel::promote(std::uint32_t timeline) {
  if (kind_ != ServerKind::standby) return finish(Outcome::failed, "no standby runs");
  if (refuses_promotions_) return finish(Outcome::failed, "pre_promote: exited with status 1");
  if (!world_.guard_holds(name_)) return finish(Outcome::failed, "the guard's deadline does not hold");
  after(random_.between(20ms, 800ms), [this, timeline, life = action_life_] {
    if (life != action_life_ || kind_ != ServerKind::standby) return;  // called off
    if (!world_.guard_holds(name_)) return finish(Outcome::failed, "the guard's deadline does not hold");
    stop_streaming();
    upstream_.clear();
    is_receiver_off_ = false;
    has_signal_ = false;
    wal_.history.push_back({wal_.timeline, wal_.end()});
    wal_.timeline = timeline;
    wal_.append(0);
    flushed_ = wal_.end();
    world_.promoted(*this);
    became(ServerKind::primary);
    apply_settings();
    finish(Outcome::done);
  });
}

void ServerModel::check_divergence(const std::string& from) {
  ServerModel* leader = reachable(from);
  if (leader == nullptr || leader->kind_ != ServerKind::primary || leader->hangs_ || leader->is_closed_) {
    return finish(Outcome::done, "the leader does not answer", Divergence::cannot_know);
  }
  const Wal& theirs = leader->wal_;
  if (wal_.timeline > theirs.timeline) return finish(Outcome::done, "a newer timeline", Divergence::diverged);
  const bool fits = theirs.end_of(wal_.timeline) >= flushed_;
  finish(Outcome::done, {}, fits ? Divergence::none : Divergence::diverged);
}

void ServerModel::rewind(const std::string& from) {
  ServerModel* leader = reachable(from);
  if (kind_ != ServerKind::stopped || data_ != DataState::present)
    return finish(Outcome::failed, "cannot be rewound");
  if (leader == nullptr || leader->kind_ != ServerKind::primary) {
    data_ = random_.chance(1, 2) ? DataState::broken : DataState::present;
    return finish(Outcome::failed, "the leader has gone meanwhile");
  }
  world_.replaced(*this);
  wal_ = leader->wal_;
  wal_.cut(leader->flushed_);
  flushed_ = wal_.end();
  has_signal_ = true;
  control_ = ControlState::in_production;
  finish(Outcome::done);
}

void ServerModel::clone(const std::string& from) {
  ServerModel* leader = reachable(from);
  if (leader == nullptr || (leader->kind_ != ServerKind::primary && leader->kind_ != ServerKind::standby)) {
    return finish(Outcome::failed, "the leader has gone meanwhile");
  }
  if (data_ == DataState::present || data_ == DataState::broken) {
    if (!action_.may_replace_data) return finish(Outcome::failed, "there are data");
    end_all();
    world_.replaced(*this);
  }
  data_ = DataState::present;
  system_id_ = leader->system_id_;
  wal_ = leader->wal_;
  wal_.cut(leader->flushed_);
  flushed_ = wal_.end();
  has_signal_ = true;
  control_ = ControlState::in_production;
  finish(Outcome::done);
}

}  // namespace tamada::simulation
