// What GuardCore does with an agent's requests.
#include <algorithm>
#include <array>
#include <csignal>

#include "agent/guard/rules/guard_core.h"
#include "agent/guard/rules/guard_step.h"

namespace tamada::guard {

EffectList GuardCore::request(const Request& request, const Facts& facts, TimePoint now) {
  Step step(now);
  expire(step);
  if (const auto outcome = carry_out(step, request, facts)) answer(step, request.id, *outcome);
  return finish(step);
}

EffectList GuardCore::unreadable_request(TimePoint now) {
  Step step(now);
  expire(step);
  answer(step, 0, Outcome::invalid);
  return finish(step);
}

std::optional<Outcome> GuardCore::carry_out(Step& step, const Request& request, const Facts& facts) {
  switch (request.kind) {
    case RequestKind::hello:
      return Outcome::done;
    case RequestKind::arm:
      return arm(step, request);
    case RequestKind::renew:
      return renew(step, request);
    case RequestKind::disarm:
      return disarm(step, request);
    case RequestKind::start: {
      const Outcome outcome = may_start(request, facts, step.now);
      if (outcome != Outcome::done) return outcome;
      process_ = ProcessState{};
      process_.kind = request.launch.kind;
      launch_request_ = request.id;
      step.add(EffectKind::launch);
      return std::nullopt;
    }
    case RequestKind::signal:
      return signal(step, request);
    case RequestKind::sweep:
      if (!sweep_.is_running()) begin_sweep(step);
      return Outcome::done;
    case RequestKind::adopt:
      return adopt(step, request, facts);
    case RequestKind::promote:
      return promote(step, request);
    case RequestKind::call_off:
      call_off(step);
      return Outcome::done;
    case RequestKind::upgrade:
      if (is_busy()) return Outcome::busy;
      if (request.path.empty()) return Outcome::invalid;
      upgrade_request_ = request.id;
      step.add(EffectKind::check_upgrade);
      return std::nullopt;
    case RequestKind::watchdog:
      return use_watchdog(step, request);
  }
  return Outcome::invalid;
}

Outcome GuardCore::may_start(const Request& request, const Facts& facts, TimePoint now) const {
  const Launch& launch = request.launch;
  const bool is_complete =
      launch.kind != ProcessKind::none && !launch.program.empty() && launch.arguments.count > 0;
  if (!is_complete) return Outcome::invalid;
  if (process_.kind != ProcessKind::none || is_busy()) return Outcome::busy;
  if (sweep_.is_running()) return Outcome::sweeping;
  if (facts.leftovers > 0) return Outcome::leftovers;
  return request.needs_lock ? fence_.holds(request.epoch, now) : Outcome::done;
}

Outcome GuardCore::arm(Step& step, const Request& request) {
  // What is being ended was writable under another lock.
  if (sweep_.is_running()) return Outcome::sweeping;
  const Outcome outcome = fence_.arm(request.epoch, request.until, step.now);
  // It is opened with a ping; one that is open is set and pinged anew.
  if (outcome == Outcome::done && watchdog_.standing != WatchdogStanding::none) {
    step.add(EffectKind::watchdog_open);
  }
  step.has_changed = true;
  return outcome;
}

Outcome GuardCore::renew(Step& step, const Request& request) {
  const TimePoint before = fence_.state().lease_end;
  const Outcome outcome = fence_.renew(request.epoch, request.until);
  expire(step);  // a time that has passed
  const bool is_renewed = outcome == Outcome::done && fence_.state().lease_end > before;
  if (is_renewed && watchdog_.standing == WatchdogStanding::open) step.add(EffectKind::watchdog_ping);
  return outcome;
}

Outcome GuardCore::use_watchdog(Step& step, const Request& request) {
  step.has_changed = true;
  if (request.path.empty()) {
    close_watchdog(step);
    watchdog_ = WatchdogState{};
    return Outcome::done;
  }
  if (request.timeout == 0) return Outcome::invalid;
  watchdog_.timeout = request.timeout;
  const bool is_armed = fence_.state().standing == FenceStanding::armed;
  if (is_armed) {
    step.add(EffectKind::watchdog_open);
  } else if (watchdog_.standing != WatchdogStanding::open) {
    watchdog_.standing = WatchdogStanding::closed;
    watchdog_.code = 0;
  }
  return Outcome::done;
}

void GuardCore::close_watchdog(Step& step) {
  if (watchdog_.standing == WatchdogStanding::none) return;
  if (watchdog_.standing == WatchdogStanding::open) step.add(EffectKind::watchdog_close);
  watchdog_.standing = WatchdogStanding::closed;
  watchdog_.code = 0;
}

EffectList GuardCore::watchdog_opened(int code, TimePoint now) {
  Step step(now);
  watchdog_.standing = code == 0 ? WatchdogStanding::open : WatchdogStanding::unusable;
  watchdog_.code = code;
  step.has_changed = true;
  return finish(step);
}

Outcome GuardCore::disarm(Step& step, const Request& request) {
  const bool says_gone =
      request.reason == DisarmReason::server_gone || request.reason == DisarmReason::clean_stop;
  if (says_gone && (process_.kind != ProcessKind::none || sweep_.is_running())) return Outcome::still_running;
  step.has_changed = true;
  const Outcome outcome = fence_.disarm(request.epoch);
  if (outcome == Outcome::done) close_watchdog(step);
  return outcome;
}

Outcome GuardCore::signal(Step& step, const Request& request) {
  // No SIGUSR1: with the file there it promotes. No SIGSTOP: what stands still must not come from here.
  constexpr std::array allowed{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGKILL, SIGCONT};
  if (std::find(std::begin(allowed), std::end(allowed), request.signal) == std::end(allowed))
    return Outcome::invalid;
  if (request.pid == 0 || request.pid != process_.pid) return Outcome::not_running;
  step.add(has_postmaster() ? EffectKind::signal_process : EffectKind::signal_group, process_.pid,
           request.signal);
  return Outcome::done;
}

Outcome GuardCore::adopt(Step& step, const Request& request, const Facts& facts) {
  if (process_.kind != ProcessKind::none || is_busy()) return Outcome::busy;
  if (sweep_.is_running()) return Outcome::sweeping;
  if (!facts.is_ours) return Outcome::not_ours;
  process_ = ProcessState{ProcessKind::postmaster, request.pid, request.start_time, true, false};
  step.has_changed = true;
  step.add(EffectKind::watch, request.pid);
  return Outcome::done;
}

Outcome GuardCore::promote(Step& step, const Request& request) {
  if (!has_postmaster() || process_.is_starting) return Outcome::not_running;
  if (sweep_.is_running()) return Outcome::sweeping;
  if (is_busy()) return Outcome::busy;
  const Outcome held = fence_.holds(request.epoch, step.now);
  const bool is_armed = fence_.state().standing == FenceStanding::armed;
  // In pause there is no deadline, and the lock's end counts alone. One that has fired promotes nobody all
  // the same.
  const bool goes_unarmed = request.unarmed && !is_armed && held == Outcome::not_armed;
  if (held != Outcome::done && !goes_unarmed) return held;
  FenceState asked;
  asked.lease_end = request.until;
  Effect effect;
  effect.kind = EffectKind::promote;
  effect.until = goes_unarmed ? asked.fires_at() : std::min(asked.fires_at(), fence_.state().fires_at());
  if (step.now >= effect.until) return Outcome::too_late;
  promotion_ = PromotionState{PromotionStage::running, request.epoch, 0};
  step.has_changed = true;
  step.effects.add(effect);
  return Outcome::done;
}

}  // namespace tamada::guard
