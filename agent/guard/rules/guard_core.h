// GuardCore: every decision of tamada-guard. Events and the time go in, effects come out (effect.h); the
// program (agent/guard) carries them out at once and in order, and tells what came of them. The simulation
// drives the same code.
//
// What it holds to:
//   * The deadline comes first: whatever happens, it is looked at before (fence.h). When it fires, the
//     postmaster and every PostgreSQL process of the data directory is ended (sweep.h), with what a tool does
//     there; a promotion is called off. No agent is needed for it, and none can stop it.
//   * When the postmaster ends, for whatever reason, what it left behind is swept before anything is started
//     again.
//   * One thing at a time works on the data directory. Processes that the guard did not start are never ended
//     unasked (but by the deadline): a start is refused while there are any, and the agent adopts them or
//     asks for a sweep.
//   * PostgreSQL outlives its agent; a tool does not: its group gets SIGTERM, after a second SIGKILL. What a
//     tool leaves in its group when it ends is killed.
//   * A promotion compares the deadline here and again in the child that makes the file. One that is called
//     off is over when that child is gone and the file was removed after it, so that a disk that hangs brings
//     back no file.
//   * The watchdog is open while the deadline is armed, and pinged once for each renewal that moves the
//     deadline on, never by a timer. It is closed when the deadline is disarmed, and when nothing is left
//     after it fired; what cannot be ended leaves it open, and the machine is reset.
//   * It ends when it has neither PostgreSQL nor a tool, nor an agent, and the first agent has had
//     `first_agent`.
//
// One agent at a time: the program refuses a second connection while has_agent().
//
// When it cannot know (the end of a process that is not its child; what /proc does not show): an adopted
// process is `unknown` in its end, and the agent reads in the abilities what is not to be seen here.
//
// Pure: no clock, no system call, no heap. A value: copied and restored whole (saved_state.h).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "agent/guard/protocol/report.h"
#include "agent/guard/protocol/request.h"
#include "agent/guard/rules/effect.h"
#include "agent/guard/rules/fence.h"
#include "agent/guard/rules/sweep.h"

namespace tamada::guard {

class GuardCore {
 public:
  static constexpr Duration first_agent = 10s;  // how long it waits for one after its start
  static constexpr Duration tool_grace = 1s;    // between SIGTERM and SIGKILL
  // What a child that promotes says by its exit status besides an errno: the deadline had passed.
  static constexpr int exit_late = 255;

  // What the program has seen before it hands in a request.
  struct Facts {
    std::uint32_t leftovers = 0;  // start: PostgreSQL processes of the data directory
    bool is_ours = false;  // adopt: the process is there, is a PostgreSQL of it, and began when it is said to
  };
  // The exit of a child, as waitid(2) tells it; unknown for a process that was adopted.
  struct Exit {
    EndKind kind = EndKind::unknown;
    int value = 0;
  };

  GuardCore() = default;
  GuardCore(TimePoint now, const GuardAbilities& abilities) : abilities_(abilities), born_(now) {}

  [[nodiscard]] EffectList agent_came(TimePoint now);
  [[nodiscard]] EffectList agent_left(TimePoint now);
  [[nodiscard]] EffectList request(const Request& request, const Facts& facts, TimePoint now);
  // What cannot be read is answered as well, without an id.
  [[nodiscard]] EffectList unreadable_request(TimePoint now);

  [[nodiscard]] EffectList launched(pid_t pid, std::uint64_t start_time, TimePoint now);
  [[nodiscard]] EffectList launch_failed(int code, TimePoint now);
  // The child has become its program, or says why it cannot: then its end follows.
  [[nodiscard]] EffectList program_runs(TimePoint now);
  [[nodiscard]] EffectList program_failed(const LaunchFailure& failure, TimePoint now);
  [[nodiscard]] EffectList helper_started(pid_t pid, TimePoint now);
  [[nodiscard]] EffectList helper_failed(int code, TimePoint now);
  [[nodiscard]] EffectList checker_started(pid_t pid, TimePoint now);
  [[nodiscard]] EffectList upgrade_failed(int code, TimePoint now);
  [[nodiscard]] EffectList upgraded(const GuardAbilities& abilities, TimePoint now);
  // Of any child, or of an adopted process. Those that the rules do not know change nothing.
  [[nodiscard]] EffectList child_ended(pid_t pid, const Exit& exit, TimePoint now);
  // `code`: 0, or an errno.
  [[nodiscard]] EffectList watchdog_opened(int code, TimePoint now);
  [[nodiscard]] EffectList swept(std::uint32_t found, TimePoint now);
  // Time has passed: at next_turn() at the latest.
  [[nodiscard]] EffectList turn(TimePoint now);
  [[nodiscard]] TimePoint next_turn() const;  // TimePoint::max(): never

  [[nodiscard]] bool has_agent() const { return has_agent_; }
  [[nodiscard]] const ProcessState& process() const { return process_; }
  // All but the guard's own number.
  [[nodiscard]] GuardStatus status() const;

  template <class Archive>
  friend void describe(Archive& archive, GuardCore& core) {
    archive.field(core.born_);
    archive.field(core.has_agent_);
    archive.field(core.had_agent_);
    describe(archive, core.fence_);
    describe(archive, core.sweep_);
    archive.field(core.left_);
    describe(archive, core.process_);
    archive.field(core.kill_at_);
    describe(archive, core.last_end_);
    describe(archive, core.promotion_);
    archive.field(core.upgrade_request_);
    describe(archive, core.watchdog_);
  }

 private:
  class Step;  // one event: its effects, and whether the state changed

  void expire(Step& step);
  // The answer; none: it comes later, when an effect was carried out.
  [[nodiscard]] std::optional<Outcome> carry_out(Step& step, const Request& request, const Facts& facts);
  void answer(Step& step, std::uint32_t request, Outcome outcome, int code = 0) const;
  [[nodiscard]] Outcome may_start(const Request& request, const Facts& facts, TimePoint now) const;
  [[nodiscard]] Outcome arm(Step& step, const Request& request);
  [[nodiscard]] Outcome renew(Step& step, const Request& request);
  [[nodiscard]] Outcome disarm(Step& step, const Request& request);
  [[nodiscard]] Outcome use_watchdog(Step& step, const Request& request);
  void close_watchdog(Step& step);
  [[nodiscard]] Outcome signal(Step& step, const Request& request);
  [[nodiscard]] Outcome adopt(Step& step, const Request& request, const Facts& facts);
  [[nodiscard]] Outcome promote(Step& step, const Request& request);
  [[nodiscard]] bool is_promoting() const;
  // Something that takes a moment, and that a saved state does not hold.
  [[nodiscard]] bool is_in_motion() const;
  [[nodiscard]] bool is_busy() const { return is_in_motion() || upgrade_request_ != 0; }
  [[nodiscard]] bool has_postmaster() const { return process_.kind == ProcessKind::postmaster; }
  void begin_sweep(Step& step);
  void sweep_round(Step& step);
  void call_off(Step& step);
  void remove_file(Step& step);
  void process_ended(Step& step, const Exit& exit);
  void helper_ended(Step& step, const Exit& exit);
  void checker_ended(Step& step, const Exit& exit);
  [[nodiscard]] EffectList finish(Step& step) const;

  GuardAbilities abilities_;
  TimePoint born_{};
  bool has_agent_ = false;
  bool had_agent_ = false;
  Fence fence_;
  Sweep sweep_;
  std::uint32_t left_ = 0;
  ProcessState process_;
  std::optional<LaunchFailure> not_started_;  // until its end comes
  TimePoint kill_at_ = TimePoint::max();      // the tool's group
  ProcessEnd last_end_;
  PromotionState promotion_;
  // None of these is there while it changes itself.
  pid_t helper_ = 0;                   // the child that promotes, or removes the file
  std::uint32_t launch_request_ = 0;   // which launched() answers
  std::uint32_t upgrade_request_ = 0;  // which is under way
  pid_t checker_ = 0;
  WatchdogState watchdog_;
};

}  // namespace tamada::guard
