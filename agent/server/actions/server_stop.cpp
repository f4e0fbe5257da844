// Stopping the server: the orderly way, with what may be in its way, and the quick one.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <utility>
#include <vector>

#include "agent/postgres/blocking_session.h"
#include "agent/postgres/server_commands.h"
#include "agent/postgres/server_query.h"
#include "agent/server/actions/action_tools.h"
#include "agent/server/actions/server_end.h"
#include "agent/server/actions/unguarded_end.h"
#include "agent/server/settings/server_files.h"
#include "common/loop/clock.h"
#include "common/process/process_stat.h"

namespace tamada::agent {

namespace {

constexpr Duration look_limit = 2s;
constexpr Duration checkpoint_limit = 10s;
constexpr Duration least_checkpoint = 500ms;
constexpr Duration strangers_patience = 5s;
constexpr Duration for_ever = std::chrono::hours(24);

// Some process that receives WAL, as a number and its birth: the number alone may be another's later.
struct Sender {
  pid_t pid = 0;
  std::uint64_t start_time = 0;
  std::string name;
};

// Not where the lock's end is near: the stop itself must be over before the guard ends it.
Duration time_for_checkpoint(const ActionWork& work) {
  const auto status = work.guard.status();
  if (!status || status->fence.standing != guard::FenceStanding::armed) return checkpoint_limit;
  return std::min<Duration>(checkpoint_limit, (status->fence.fires_at() - loop::boot_now()) / 3);
}

void make_checkpoint(const ActionWork& work, BlockingSession& session) {
  const Duration limit = time_for_checkpoint(work);
  if (limit < least_checkpoint) {
    return work.tell("no checkpoint before the stop: the leader lock ends too soon", true);
  }
  const auto made = session.ask(checkpoint(), limit, work.stop);
  if (!made && !work.stop.stop_requested()) {
    work.tell("the checkpoint before the stop failed: " + made.error().error.message, true);
  }
}

// Who receives WAL and is no member. A logical receiver is none, whatever its name. Of a physical one the name says it, as
// long as the members' names are known.
bool is_stranger(const SenderStatus& sender, const std::set<std::string>& members) {
  if (sender.is_logical) return true;
  return !members.empty() && members.count(sender.application_name) == 0;
}

std::vector<Sender> strangers_of(const ActionWork& work, BlockingSession& session) {
  auto answer = session.ask(server_query({work.context.setup->major(), false}), look_limit, work.stop);
  auto status = parse_server_status(answer);
  if (!status) {
    if (!work.context.last_look.status) return {};
    status = *work.context.last_look.status;
  }
  std::vector<Sender> found;
  for (const SenderStatus& sender : status->senders) {
    if (!is_stranger(sender, work.context.members)) continue;
    const auto process = read_process_stat(sender.pid);
    if (process) found.push_back({sender.pid, process->start_time, sender.application_name});
  }
  return found;
}

// A stopping server takes no sessions, so they are ended by signal, as pg_terminate_backend() would. Only the server's own
// children, and only those that were seen.
void end_strangers(const ActionWork& work, pid_t postmaster, const std::vector<Sender>& strangers) {
  for (const Sender& sender : strangers) {
    const auto process = read_process_stat(sender.pid);
    if (!process || process->parent != postmaster || process->start_time != sender.start_time) continue;
    if (::kill(sender.pid, SIGTERM) != 0) continue;
    work.tell(fmt::format("the server does not stop: WAL sender {} to {}, which is no member, was ended",
                          sender.pid, sender.name.empty() ? "somebody without a name" : sender.name),
              true);
  }
}

Result<void> wait_for_end(const ActionWork& work, pid_t postmaster, const std::vector<Sender>& strangers) {
  const Duration limit = work.context.stop_limit.value_or(for_ever);
  const Duration patience = std::min(limit, strangers_patience);
  const auto is_late = [](const auto& waited) {
    return !waited && waited.error().kind == ErrorKind::timeout;
  };
  auto ended = work.guard.wait_until(has_ended, patience, work.stop);
  if (is_late(ended) && patience < limit) {
    end_strangers(work, postmaster, strangers);
    ended = work.guard.wait_until(has_ended, limit - patience, work.stop);
  }
  if (is_late(ended)) {
    work.tell("Timeout during postmaster stop, aborting Postgres.", true);
    return end_server(work, work.stop);
  }
  if (!ended) return tl::make_unexpected(std::move(ended.error()));
  return {};
}

Result<void> stop_fast(const ActionWork& work, pid_t postmaster, const StopPlan& plan) {
  const std::string& script = work.context.setup->postgres.before_stop;
  if (!script.empty()) {
    const auto done = run_script(work, script);
    if (!done) work.tell("before_stop: " + done.error().message, true);
  }
  std::vector<Sender> strangers;
  {
    // Closed before the stop, which would end it with an error in the server's log.
    BlockingSession session(local_conninfo(*work.context.setup), look_limit);
    if (plan.makes_checkpoint) make_checkpoint(work, session);
    if (!plan.waits_for_strangers) strangers = strangers_of(work, session);
  }
  if (work.stop.stop_requested()) return cancelled();
  const auto asked = work.guard.signal(postmaster, SIGINT, work.stop);
  if (!asked) return tl::make_unexpected(asked.error());
  return wait_for_end(work, postmaster, strangers);
}

}  // namespace

Result<void> stop_server(const ActionWork& work, const StopPlan& plan) {
  const auto status = work.guard.status();
  if (!status) {
    const auto last = work.guard.told_before_missing();
    if (!last) return fail(ErrorKind::unavailable, "the agent has no guard at the moment");
    work.tell_state(plan.state);
    return end_without_guard(work, *last, plan.how);
  }
  if (status->process.kind == guard::ProcessKind::tool) {
    return fail(ErrorKind::system, "a tool works on the data directory, and no server");
  }
  if (has_ended(*status)) return {};
  work.tell_state(plan.state);
  const pid_t postmaster = postmaster_of(work);
  // Without a postmaster what is left of it is being ended already.
  Result<void> stopped = plan.how == StopHow::immediate || postmaster == 0
                             ? end_server(work, work.stop)
                             : stop_fast(work, postmaster, plan);
  if (stopped) {
    if (plan.state == patroni::ServerState::stopping) work.tell_state(patroni::ServerState::stopped);
  } else if (!work.stop.stop_requested()) {
    work.tell_state(patroni::ServerState::stop_failed);
  }
  return stopped;
}

Result<void> stop_server(const ActionWork& work, StopHow how) {
  StopPlan plan;
  plan.how = how;
  return stop_server(work, plan);
}

}  // namespace tamada::agent
