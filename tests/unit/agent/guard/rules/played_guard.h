// PlayedGuard: GuardCore with a clock that is moved by hand, and what it wants done kept until it is looked
// at.
#pragma once

#include <catch2/catch.hpp>
#include <signal.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "agent/guard/rules/guard_core.h"

namespace tamada::guard {

inline constexpr LockEpoch mine{7, 100};
inline constexpr LockEpoch newer{8, 200};
inline constexpr pid_t postmaster_pid = 4711;
inline constexpr pid_t tool_pid = 5000;
inline constexpr pid_t helper_pid = 6000;
inline constexpr pid_t checker_pid = 7000;

class PlayedGuard {
 public:
  PlayedGuard() { take(core.agent_came(now)); }

  void take(const EffectList& effects) { wanted.insert(wanted.end(), effects.begin(), effects.end()); }
  // What is wanted since the last look.
  std::vector<Effect> look() { return std::exchange(wanted, {}); }

  // The answer that came at once; none: it comes later.
  std::optional<Outcome> ask(Request request, const GuardCore::Facts& facts = {}) {
    request.id = ++last_id;
    const std::size_t before = wanted.size();
    take(core.request(request, facts, now));
    return answer_to(last_id, before);
  }
  std::optional<Outcome> answer_to(std::uint32_t id, std::size_t from = 0) const {
    for (std::size_t at = from; at < wanted.size(); ++at) {
      if (wanted[at].kind == EffectKind::report && wanted[at].request == id) return wanted[at].outcome;
    }
    return std::nullopt;
  }

  std::optional<Outcome> arm(const LockEpoch& epoch, Duration lasts) {
    return ask(of(RequestKind::arm, epoch, now + lasts));
  }
  std::optional<Outcome> renew(const LockEpoch& epoch, Duration lasts) {
    return ask(of(RequestKind::renew, epoch, now + lasts));
  }
  std::optional<Outcome> disarm(const LockEpoch& epoch, DisarmReason reason) {
    Request request = of(RequestKind::disarm, epoch);
    request.reason = reason;
    return ask(request);
  }
  std::optional<Outcome> promote(const LockEpoch& epoch, Duration lasts, bool unarmed = false) {
    Request request = of(RequestKind::promote, epoch, now + lasts);
    request.unarmed = unarmed;
    return ask(request);
  }
  std::optional<Outcome> signal(pid_t pid, int number) {
    Request request = of(RequestKind::signal);
    request.pid = pid;
    request.signal = number;
    return ask(request);
  }
  static Request of(RequestKind kind, const LockEpoch& epoch = {}, TimePoint until = {}) {
    Request request;
    request.kind = kind;
    request.epoch = epoch;
    request.until = until;
    return request;
  }
  static Request start_of(ProcessKind kind) {
    Request request = of(RequestKind::start);
    request.launch.kind = kind;
    request.launch.program = "/bin/program";
    request.launch.arguments = {1, std::string_view("program\0", 8)};
    return request;
  }
  // Started and running; nothing is kept of it.
  void run(ProcessKind kind) {
    REQUIRE(ask(start_of(kind)) == std::nullopt);
    take(core.launched(kind == ProcessKind::postmaster ? postmaster_pid : tool_pid, 99, now));
    take(core.program_runs(now));
    REQUIRE(answer_to(last_id) == Outcome::done);
    look();
  }
  void end(pid_t pid, EndKind kind = EndKind::exited, int value = 0) {
    take(core.child_ended(pid, {kind, value}, now));
  }
  // The rounds of a sweep until it is over; `found` processes in the first of them.
  void finish_sweep(std::uint32_t found = 0) {
    for (int round = 0; core.status().is_sweeping; ++round) {
      REQUIRE(round < 10);
      take(core.swept(found, now));
      found = 0;
      now = std::max(now, std::min(core.next_turn(), now + 1s));
      take(core.turn(now));
    }
  }
  void wait(Duration span) {
    now += span;
    take(core.turn(now));
  }

  [[nodiscard]] bool wants(EffectKind kind) const {
    return std::ranges::any_of(wanted, [&](const Effect& effect) { return effect.kind == kind; });
  }
  [[nodiscard]] bool wants(EffectKind kind, pid_t pid, int signal) const {
    return std::ranges::any_of(wanted, [&](const Effect& effect) {
      return effect.kind == kind && effect.pid == pid && effect.signal == signal;
    });
  }
  [[nodiscard]] FenceStanding standing() const { return core.status().fence.standing; }
  [[nodiscard]] PromotionStage promotion() const { return core.status().promotion.stage; }

  TimePoint now{100s};
  GuardCore core{now, {}};
  std::vector<Effect> wanted;
  std::uint32_t last_id = 0;
};

}  // namespace tamada::guard
