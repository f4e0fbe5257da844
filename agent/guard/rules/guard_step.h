// GuardCore::Step: one event under way. For GuardCore's sources only.
#pragma once

#include "agent/guard/rules/guard_core.h"

namespace tamada::guard {

class GuardCore::Step {
 public:
  explicit Step(TimePoint at) : now(at) {}

  void add(EffectKind kind, pid_t pid = 0, int signal = 0) {
    Effect effect;
    effect.kind = kind;
    effect.pid = pid;
    effect.signal = signal;
    effects.add(effect);
  }
  void say(Notice notice) {
    Effect effect;
    effect.kind = EffectKind::say;
    effect.notice = notice;
    effects.add(effect);
  }
  void report(std::uint32_t request, Outcome outcome, int code) {
    Effect effect;
    effect.kind = EffectKind::report;
    effect.request = request;
    effect.outcome = outcome;
    effect.code = code;
    effects.add(effect);
    has_reported = true;
  }

  const TimePoint now;
  EffectList effects;
  bool has_changed = false;   // what a report tells
  bool has_reported = false;  // it has been told since
};

}  // namespace tamada::guard
