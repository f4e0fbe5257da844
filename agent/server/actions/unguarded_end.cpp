#include "agent/server/actions/unguarded_end.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <system_error>

#include "agent/guard/processes/data_processes.h"
#include "agent/server/actions/action_tools.h"
#include "agent/server/actions/data_work.h"
#include "common/loop/clock.h"
#include "common/process/pidfd.h"

namespace tamada::agent {

namespace {

using guard::DataProcesses;

// Before the lock's end; the guard's own margin is 0.5 s, and a busy machine is slower to look than to be told.
constexpr Duration hard_margin = 2s;
constexpr Duration unlocked_patience = 10s;
constexpr Duration quit_patience = 100ms;  // between SIGQUIT and SIGKILL, as the guard's
constexpr Duration look_pause = 10ms;

// Until when an orderly stop may take.
TimePoint patience_of(const ActionContext& context) {
  const TimePoint now = loop::boot_now();
  TimePoint until = now + unlocked_patience;
  if (context.epoch) until = context.lease_end - hard_margin;
  // It may write, and nobody knows of a lock.
  const bool is_standby = context.last_look.view.kind == ha::ServerKind::standby;
  if (!context.epoch && !is_standby) until = now;
  return context.stop_limit ? std::min(until, now + *context.stop_limit) : until;
}

// False: it has passed, or the action was cancelled.
bool wait_for_end(const DataProcesses& processes, TimePoint until, const std::stop_token& stop) {
  while (processes.signal_all(0) > 0) {
    if (loop::boot_now() >= until || !wait_for(look_pause, stop)) return false;
  }
  return true;
}

void ask_to_stop(const DataProcesses& processes, const guard::ProcessState& postmaster) {
  const UniqueFd pidfd = open_pidfd(postmaster.pid);
  if (!processes.is_one(postmaster.pid, postmaster.start_time)) return;
  // Where there is no pidfd to be had, the number was looked at a moment ago.
  if (!pidfd.is_open() || send_signal(pidfd, SIGINT) != 0) ::kill(postmaster.pid, SIGINT);
}

}  // namespace

Result<void> end_without_guard(const ActionWork& work, const guard::GuardStatus& last, StopHow how) {
  if (last.process.kind == guard::ProcessKind::tool)
    return fail(ErrorKind::system, "a tool of the missing guard works on the data directory, and no server");
  std::error_code code;
  const std::string data_dir =
      std::filesystem::canonical(work.context.setup->config.postgres.data_dir, code).string();
  const DataProcesses processes(data_dir.c_str());
  if (code || !processes.can_see())
    return fail(ErrorKind::system,
                "the processes of PostgreSQL cannot be seen, so they cannot be ended without the guard");

  if (how == StopHow::fast) {
    work.tell("the guard is missing: the agent stops PostgreSQL by itself", true);
    ask_to_stop(processes, last.process);
    if (wait_for_end(processes, patience_of(work.context), work.stop)) return {};
    if (work.stop.stop_requested()) return cancelled();
  }
  work.tell("the guard is missing: the agent ends every process of PostgreSQL by itself", true);
  (void)processes.signal_all(SIGQUIT);
  if (wait_for_end(processes, loop::boot_now() + quit_patience, work.stop)) return {};
  while (processes.signal_all(SIGKILL) > 0) {
    if (!wait_for(look_pause, work.stop)) return cancelled();
  }
  return {};
}

}  // namespace tamada::agent
