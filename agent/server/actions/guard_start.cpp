#include "agent/server/actions/guard_start.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "agent/server/actions/action_tools.h"
#include "common/base/errno_text.h"
#include "common/loop/clock.h"

namespace tamada::agent {

namespace {

using guard::GuardAnswer;
using guard::GuardStatus;
using guard::Outcome;
using guard::ProcessKind;
using guard::PromotionStage;

// A process that waits for a disk that hangs may keep a sweep going; nothing may be started meanwhile.
constexpr Duration sweep_limit = 60s;
constexpr Duration busy_limit = 10s;

bool is_swept(const GuardStatus& status) {
  return !status.is_sweeping;
}

bool is_in_motion(const GuardStatus& status) {
  const PromotionStage stage = status.promotion.stage;
  return stage == PromotionStage::running || stage == PromotionStage::calling_off ||
         stage == PromotionStage::removing;
}

bool is_denied(Outcome outcome) {
  return outcome == Outcome::other_epoch || outcome == Outcome::fired || outcome == Outcome::too_late ||
         outcome == Outcome::not_armed;
}

// Waits for what is in the way of a start, as the guard has said; once it is gone it can be tried again.
Result<void> clear_the_way(GuardHands::Shared& guard, Outcome outcome, bool has_swept,
                           const std::stop_token& stop) {
  if (outcome == Outcome::leftovers && !has_swept) {
    auto swept = guard.sweep(stop);
    if (!swept) return tl::make_unexpected(std::move(swept.error()));
  } else if (outcome == Outcome::busy) {
    const auto status = guard.status();
    if (!status || status->process.kind != ProcessKind::none)
      return fail(ErrorKind::system, words_of(GuardAnswer{outcome, 0}));
    auto still =
        guard.wait_until([](const GuardStatus& one) { return !is_in_motion(one); }, busy_limit, stop);
    if (!still) return tl::make_unexpected(std::move(still.error()));
    // What the status does not show (an upgrade of the guard) takes a moment, too.
    auto moment = guard.wait_until([](const GuardStatus&) { return false; }, 100ms, stop);
    if (!moment && moment.error().kind != ErrorKind::timeout)
      return tl::make_unexpected(std::move(moment.error()));
    return {};
  }
  auto over = guard.wait_until(is_swept, sweep_limit, stop);
  if (!over) return tl::make_unexpected(std::move(over.error()));
  return {};
}

}  // namespace

guard::GuardLaunch guard_launch(ProcessKind kind, const ProgramCall& call) {
  guard::GuardLaunch launch;
  launch.kind = kind;
  launch.program = found_in_path(call.program, call.environment);
  launch.arguments = call.arguments;
  if (launch.arguments.empty()) launch.arguments.push_back(launch.program);
  // PostgreSQL's programs find their installation by the name that they go by.
  if (launch.arguments.front() == call.program) launch.arguments.front() = launch.program;
  launch.environment = words_of(call.environment);
  // People's methods name files from where the agent was started; the guard is elsewhere.
  std::error_code code;
  launch.directory = call.directory.empty() ? std::filesystem::current_path(code).string() : call.directory;
  return launch;
}

Result<pid_t> start_in_guard(GuardHands::Shared& guard,
                             const std::function<Result<guard::GuardLaunch>()>& make,
                             const std::optional<guard::LockEpoch>& needs_lock, const std::stop_token& stop) {
  const TimePoint patience = loop::boot_now() + sweep_limit;
  bool has_swept = false;
  while (true) {
    if (stop.stop_requested()) return fail(ErrorKind::closed, "the action was cancelled");
    auto launch = make();
    if (!launch) return tl::make_unexpected(std::move(launch.error()));
    const auto answer = guard.start(*std::move(launch), needs_lock, {});
    if (!answer) return tl::make_unexpected(answer.error());
    if (answer->outcome == Outcome::done) {
      const auto status = guard.status();
      if (!status) return fail(ErrorKind::unavailable, "the guard was lost right after the start");
      const bool runs = status->process.kind != ProcessKind::none;
      return runs ? status->process.pid : status->last_end.process.pid;
    }
    const bool may_pass = answer->outcome == Outcome::sweeping || answer->outcome == Outcome::busy ||
                          (answer->outcome == Outcome::leftovers && !has_swept);
    if (!may_pass || loop::boot_now() >= patience) {
      return fail(is_denied(answer->outcome) ? ErrorKind::denied : ErrorKind::system, words_of(*answer));
    }
    if (auto way = clear_the_way(guard, answer->outcome, has_swept, stop); !way) {
      return tl::make_unexpected(std::move(way.error()));
    }
    has_swept = has_swept || answer->outcome == Outcome::leftovers;
  }
}

std::string words_of(const GuardAnswer& answer) {
  switch (answer.outcome) {
    case Outcome::done:
      return "done";
    case Outcome::invalid:
      return "the guard does not understand the request: is it of another version?";
    case Outcome::other_epoch:
      return "the guard holds the deadline of another leader lock";
    case Outcome::fired:
      return "the deadline of the leader lock has passed";
    case Outcome::too_late:
      return "the leader lock ends too soon";
    case Outcome::not_armed:
      return "the guard holds no deadline of the leader lock";
    case Outcome::busy:
      return "another process works on the data directory, or the guard is being upgraded";
    case Outcome::sweeping:
      return "processes of the data directory are still being ended";
    case Outcome::leftovers:
      return "processes of PostgreSQL that the guard did not start work on the data directory";
    case Outcome::still_running:
      return "it is still running";
    case Outcome::not_running:
      return "the guard has no such process";
    case Outcome::not_ours:
      return "it is no PostgreSQL of this data directory";
    case Outcome::other_agent:
      return "the guard has another agent";
    case Outcome::failed:
      return "the system refused it: " + describe_errno(answer.code);
  }
  return "the guard gave an unknown answer";
}

}  // namespace tamada::agent
