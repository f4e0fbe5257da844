#include "agent/guard/rules/guard_core.h"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "agent/guard/rules/guard_step.h"

namespace tamada::guard {

EffectList GuardCore::finish(Step& step) const {
  if (step.has_changed && !step.has_reported && has_agent_) step.report(0, Outcome::done, 0);
  const bool is_alone = !has_agent_ && (had_agent_ || step.now >= born_ + first_agent);
  const bool is_idle = process_.kind == ProcessKind::none && !sweep_.is_running() && !is_busy();
  if (is_alone && is_idle) step.add(EffectKind::leave);
  return step.effects;
}

void GuardCore::answer(Step& step, std::uint32_t request, Outcome outcome, int code) const {
  if (has_agent_) step.report(request, outcome, code);
}

bool GuardCore::is_promoting() const {
  return promotion_.stage == PromotionStage::running || promotion_.stage == PromotionStage::calling_off ||
         promotion_.stage == PromotionStage::removing;
}

bool GuardCore::is_in_motion() const {
  return is_promoting() || process_.is_starting || launch_request_ != 0;
}

// --- the deadline

void GuardCore::expire(Step& step) {
  if (!fence_.expire(step.now)) return;
  step.has_changed = true;
  // What can be written is ended first; a line of the log has time.
  begin_sweep(step);
  if (process_.kind == ProcessKind::tool) step.add(EffectKind::signal_group, process_.pid, SIGKILL);
  if (promotion_.stage == PromotionStage::running || promotion_.stage == PromotionStage::done) call_off(step);
  step.say(Notice::fired);
}

void GuardCore::begin_sweep(Step& step) {
  sweep_.begin(step.now);
  step.has_changed = true;
  sweep_round(step);
}

void GuardCore::sweep_round(Step& step) {
  if (!sweep_.is_due(step.now)) return;
  const int signal = sweep_.signal(step.now);
  // Directly, too: it takes no look into /proc, and finds a postmaster that has another name.
  if (has_postmaster()) step.add(EffectKind::signal_process, process_.pid, signal);
  step.add(EffectKind::sweep, 0, signal);
}

EffectList GuardCore::swept(std::uint32_t found, TimePoint now) {
  Step step(now);
  const std::uint32_t left = std::max(found, has_postmaster() ? 1U : 0U);
  const bool is_over = sweep_.swept(left, now);
  step.has_changed = left_ != left || is_over;
  left_ = left;
  if (is_over) step.say(Notice::swept);
  if (is_over && fence_.state().standing == FenceStanding::fired) close_watchdog(step);
  return finish(step);
}

EffectList GuardCore::turn(TimePoint now) {
  Step step(now);
  expire(step);
  sweep_round(step);
  if (now >= kill_at_) {
    kill_at_ = TimePoint::max();
    step.add(EffectKind::signal_group, process_.pid, SIGKILL);
  }
  return finish(step);
}

TimePoint GuardCore::next_turn() const {
  TimePoint next = std::min({fence_.next_turn(), sweep_.next_turn(), kill_at_});
  if (!had_agent_) next = std::min(next, born_ + first_agent);
  return next;
}

// --- the agent

EffectList GuardCore::agent_came(TimePoint now) {
  Step step(now);
  expire(step);
  has_agent_ = true;
  had_agent_ = true;
  return finish(step);
}

EffectList GuardCore::agent_left(TimePoint now) {
  Step step(now);
  has_agent_ = false;
  expire(step);
  if (process_.kind == ProcessKind::tool) {
    step.add(EffectKind::signal_group, process_.pid, SIGTERM);
    kill_at_ = now + tool_grace;
  }
  step.say(Notice::agent_gone);
  return finish(step);
}

// --- processes

EffectList GuardCore::launched(pid_t pid, std::uint64_t start_time, TimePoint now) {
  Step step(now);
  process_.pid = pid;
  process_.start_time = start_time;
  process_.is_starting = true;
  not_started_.reset();
  step.has_changed = true;
  answer(step, launch_request_, Outcome::done);
  launch_request_ = 0;
  return finish(step);
}

EffectList GuardCore::launch_failed(int code, TimePoint now) {
  Step step(now);
  process_ = ProcessState{};
  answer(step, launch_request_, Outcome::failed, code);
  launch_request_ = 0;
  return finish(step);
}

EffectList GuardCore::program_runs(TimePoint now) {
  Step step(now);
  step.has_changed = process_.is_starting;
  process_.is_starting = false;
  return finish(step);
}

EffectList GuardCore::program_failed(const LaunchFailure& failure, TimePoint now) {
  Step step(now);
  if (process_.is_starting) not_started_ = failure;
  return finish(step);
}

EffectList GuardCore::child_ended(pid_t pid, const Exit& exit, TimePoint now) {
  Step step(now);
  expire(step);
  if (pid != 0 && pid == process_.pid) {
    process_ended(step, exit);
  } else if (pid != 0 && pid == helper_) {
    helper_ended(step, exit);
  } else if (pid != 0 && pid == checker_) {
    checker_ended(step, exit);
  }
  return finish(step);
}

void GuardCore::process_ended(Step& step, const Exit& exit) {
  last_end_ = ProcessEnd{exit.kind, process_, exit.value, LaunchStage::program, step.now};
  if (not_started_) {
    last_end_.kind = EndKind::not_started;
    last_end_.value = not_started_->code;
    last_end_.stage = not_started_->stage;
  }
  const ProcessKind kind = process_.kind;
  const pid_t pid = process_.pid;
  process_ = ProcessState{};
  not_started_.reset();
  kill_at_ = TimePoint::max();
  step.has_changed = true;
  if (kind == ProcessKind::tool) {
    step.add(EffectKind::signal_group, pid, SIGKILL);
    return;
  }
  begin_sweep(step);
  // Nobody is left whom a file could promote by a signal; a start removes a file that is there.
  if (promotion_.stage == PromotionStage::running) call_off(step);
  step.say(Notice::postmaster_gone);
}

// --- promotion

void GuardCore::call_off(Step& step) {
  step.has_changed = true;
  if (helper_ == 0) return remove_file(step);
  if (promotion_.stage == PromotionStage::removing) return;
  promotion_.stage = PromotionStage::calling_off;
  step.add(EffectKind::signal_process, helper_, SIGKILL);
}

void GuardCore::remove_file(Step& step) {
  promotion_.stage = PromotionStage::removing;
  promotion_.code = 0;
  step.add(EffectKind::unpromote);
}

EffectList GuardCore::helper_started(pid_t pid, TimePoint now) {
  Step step(now);
  helper_ = pid;
  return finish(step);
}

EffectList GuardCore::helper_failed(int code, TimePoint now) {
  Step step(now);
  promotion_.stage = PromotionStage::failed;
  promotion_.code = code;
  step.has_changed = true;
  return finish(step);
}

void GuardCore::helper_ended(Step& step, const Exit& exit) {
  helper_ = 0;
  step.has_changed = true;
  const bool has_exited = exit.kind == EndKind::exited;
  const bool was_running = promotion_.stage == PromotionStage::running;
  // Called off, or ended by somebody else: whether the file is there is not known.
  if (promotion_.stage == PromotionStage::calling_off || !has_exited) return remove_file(step);
  if (exit.value == 0) {
    promotion_.stage = was_running ? PromotionStage::done : PromotionStage::called_off;
  } else if (exit.value == exit_late) {
    promotion_.stage = PromotionStage::late;
  } else {
    promotion_.stage = PromotionStage::failed;
    promotion_.code = exit.value;
  }
}

// --- the upgrade

EffectList GuardCore::checker_started(pid_t pid, TimePoint now) {
  Step step(now);
  checker_ = pid;
  return finish(step);
}

void GuardCore::checker_ended(Step& step, const Exit& exit) {
  checker_ = 0;
  if (exit.kind == EndKind::exited && exit.value == 0) {
    if (!is_in_motion()) return step.add(EffectKind::upgrade);
    answer(step, upgrade_request_, Outcome::busy);
  } else {
    answer(step, upgrade_request_, Outcome::failed, exit.kind == EndKind::exited ? exit.value : EPROTO);
  }
  upgrade_request_ = 0;
}

EffectList GuardCore::upgrade_failed(int code, TimePoint now) {
  Step step(now);
  answer(step, upgrade_request_, Outcome::failed, code);
  upgrade_request_ = 0;
  return finish(step);
}

EffectList GuardCore::upgraded(const GuardAbilities& abilities, TimePoint now) {
  Step step(now);
  abilities_ = abilities;
  expire(step);
  answer(step, upgrade_request_, Outcome::done);
  upgrade_request_ = 0;
  if (process_.is_adopted) step.add(EffectKind::watch, process_.pid);
  return finish(step);
}

GuardStatus GuardCore::status() const {
  GuardStatus status;
  status.abilities = abilities_;
  status.fence = fence_.state();
  status.process = process_;
  status.last_end = last_end_;
  status.is_sweeping = sweep_.is_running();
  status.left = left_;
  status.promotion = promotion_;
  status.watchdog = watchdog_;
  return status;
}

}  // namespace tamada::guard
