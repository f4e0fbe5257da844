#include "agent/control/operator/operator_desk.h"

#include <algorithm>
#include <utility>

#include "agent/control/operator/reinitialize_desk.h"
#include "agent/control/operator/restart_desk.h"
#include "agent/control/operator/running_action.h"
#include "common/loop/lifetime.h"
#include "common/patroni/failover_value.h"

namespace tamada::agent {
namespace {

// Of a write: the client, and the API's loop, wait somewhat longer.
constexpr Duration write_limit = 8s;

Written written(const WriteOutcome& outcome) {
  switch (outcome.result) {
    case WriteResult::done:
      return {WriteEnd::done, outcome.revision};
    case WriteResult::compare_lost:
      return {WriteEnd::conflict, 0};
    case WriteResult::not_done:
    case WriteResult::unknown:
      break;
  }
  return {WriteEnd::failed, 0};
}

std::string failover_text(const FailoverWish& wish) {
  patroni::FailoverValue value;
  if (!wish.leader.empty()) value.leader = wish.leader;
  if (!wish.candidate.empty()) value.candidate = wish.candidate;
  value.scheduled_at = wish.scheduled_at;
  value.is_scheduled = !wish.scheduled_at.empty();
  return patroni::write_failover_value(value);
}

// Candidates that are asked at once, and the answer once all have been heard.
struct Poll {
  std::vector<CandidateStatus> statuses;
  std::size_t missing = 0;
  std::function<void(std::vector<CandidateStatus>)> then;
};

}  // namespace

class OperatorDesk::Impl {
 public:
  Impl(loop::Loop& loop, ControlAccess& access)
      : control(access), restarts(loop, access, running), reinitializations(loop, access, running) {}

  void write(KeyWrite one, const KeyWriter::Callback& done) {
    const Duration time = std::min<Duration>(write_limit, control.state().dynamic.retry_timeout);
    const bool is_taken = control.writer().write(
        std::move(one), time, [handle = handles.handle(), done](const WriteOutcome& outcome) {
          if (handle.get() != nullptr) done(outcome);
        });
    if (!is_taken) done(WriteOutcome{});
  }

  // `tries`: a leader that has just taken an earlier wish back is no conflict.
  void write_failover(const std::string& text, std::int64_t known_revision, int tries, TakeWritten then) {
    write(control.writes().failover(text, known_revision),
          [this, text, tries, then = std::move(then)](const WriteOutcome& outcome) {
            const bool is_free =
                outcome.result == WriteResult::compare_lost && outcome.was_looked_at &&
                (!outcome.found || patroni::read_failover_value(outcome.found->value).value.is_none());
            if (!is_free || tries <= 1) return then(written(outcome));
            write_failover(text, outcome.found ? outcome.found->mod_revision : 0, tries - 1, then);
          });
  }

  std::function<void(bool)> snapshot_for(TakeSnapshot then) {
    return [handle = handles.handle(), then = std::move(then)](bool answered) {
      if (Impl* const self = handle.get()) then(answered ? self->control.snapshot() : nullptr);
    };
  }

  ControlAccess& control;
  RunningAction running;
  RestartDesk restarts;
  ReinitializeDesk reinitializations;
  loop::WeakHandles<Impl> handles{*this};
};

OperatorDesk::OperatorDesk(loop::Loop& loop, ControlAccess& control)
    : impl_(std::make_unique<Impl>(loop, control)) {}

OperatorDesk::~OperatorDesk() = default;

// --- What the HA loop tells

void OperatorDesk::on_action_begun(const ha::Action& action) {
  impl_->running = {action, false};
  impl_->reinitializations.on_action_begun(action);
  impl_->restarts.on_action_begun(action);
}

void OperatorDesk::on_action_ended(const ha::Action& action, const ha::ActionResult& result) {
  impl_->running = {};
  impl_->restarts.on_action_ended(action, result);
}

void OperatorDesk::on_look(const ServerLook& look) {
  impl_->restarts.on_look(look);
}

void OperatorDesk::on_wall_time(WallTime now) {
  impl_->restarts.on_wall_time(now);
}

// --- What is read

void OperatorDesk::query_server(TakeSnapshot then) {
  impl_->control.look_at_server(impl_->snapshot_for(std::move(then)));
}

void OperatorDesk::read_cluster(TakeSnapshot then) {
  impl_->control.read_store(impl_->snapshot_for(std::move(then)));
}

void OperatorDesk::ask_candidates(std::vector<std::string> names,
                                  std::function<void(std::vector<CandidateStatus>)> then) {
  if (names.empty()) return then({});
  auto poll = std::make_shared<Poll>();
  poll->missing = names.size();
  poll->then = std::move(then);
  for (const std::string& name : names) poll->statuses.push_back({name, false, false, false});
  for (std::size_t i = 0; i < names.size(); ++i) {
    impl_->control.ask_candidate(names[i],
                                 [poll, i, handle = impl_->handles.handle()](const CandidateStatus& status) {
                                   if (handle.get() == nullptr) return;
                                   const std::string name = std::move(poll->statuses[i].name);
                                   poll->statuses[i] = status;
                                   poll->statuses[i].name = name;
                                   if (--poll->missing == 0) poll->then(std::move(poll->statuses));
                                 });
  }
}

// --- What is written

void OperatorDesk::write_config(std::string config, std::optional<std::int64_t> revision, TakeWritten then) {
  KeyWrite write = impl_->control.writes().config(std::move(config), revision.value_or(0));
  write.known_revision = revision;
  impl_->write(std::move(write),
               [then = std::move(then)](const WriteOutcome& outcome) { then(written(outcome)); });
}

void OperatorDesk::write_failover(FailoverWish wish, TakeWritten then) {
  const auto& known = impl_->control.state().keys.failover();
  constexpr int tries = 2;
  impl_->write_failover(failover_text(wish), known ? known->mod_revision : 0, tries, std::move(then));
}

void OperatorDesk::clear_failover(std::int64_t revision, TakeWritten then) {
  impl_->write(impl_->control.writes().no_failover(revision),
               [then = std::move(then)](const WriteOutcome& outcome) { then(written(outcome)); });
}

// --- What is done to this node

void OperatorDesk::reload() {
  impl_->control.reload();
}

void OperatorDesk::restart(RestartRequest request, std::function<void(RestartEnd, std::string action)> then) {
  impl_->restarts.restart(request, std::move(then));
}

void OperatorDesk::schedule_restart(RestartRequest request, std::function<void(bool scheduled)> then) {
  then(impl_->restarts.schedule(request));
}

void OperatorDesk::delete_restart(std::function<void(bool deleted)> then) {
  then(impl_->restarts.forget());
}

void OperatorDesk::reinitialize(ReinitializeRequest request,
                                std::function<void(ReinitializeStart, std::string action)> then) {
  impl_->reinitializations.reinitialize(request, std::move(then));
}

void OperatorDesk::failsafe(FailsafeRequest /*request*/,
                            std::function<void(FailsafeEnd, std::optional<std::uint64_t> position)> then) {
  then(FailsafeEnd::not_enabled, std::nullopt);
}

}  // namespace tamada::agent
