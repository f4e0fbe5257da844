// The whole actions on the server itself: start, stop, restart.
#include <utility>

#include "agent/server/actions/action_tools.h"
#include "agent/server/actions/server_end.h"
#include "agent/server/settings/server_files.h"

namespace tamada::agent {

namespace {

// What a restart has to come back as. The signal file says it, as to PostgreSQL itself; where it cannot be looked at, or the
// last look saw a standby, nothing becomes a primary by a restart.
Result<bool> is_primary(const ActionWork& work) {
  const auto signal = ConfigFiles(config_places(*work.context.setup)).signal();
  if (!signal) return tl::make_unexpected(signal.error());
  return *signal == ConfigFiles::Signal::none && work.context.last_look.view.kind != ha::ServerKind::standby;
}

// Before a primary is stopped: without the lock it could not be started again.
Result<void> may_come_back(const ActionWork& work) {
  const auto status = work.guard.status();
  if (!status) return fail(ErrorKind::unavailable, "the agent has no guard at the moment");
  const bool is_held = work.context.epoch && status->fence.standing == guard::FenceStanding::armed &&
                       status->fence.epoch == *work.context.epoch;
  if (is_held) return {};
  return fail(ErrorKind::denied, "the guard does not hold the deadline of this node's leader lock");
}

Result<void> restart(const ActionWork& work) {
  if (postmaster_of(work) == 0) {
    // One that has ended in a pause comes back as a standby, whatever it was: nobody has said that it leads.
    StartPlan start;
    start.upstream = upstream_named(work.context, work.context.wanted.follow);
    start.state = patroni::ServerState::restarting;
    return start_server(work, start);
  }
  const auto primary = is_primary(work);
  if (!primary) return tl::make_unexpected(primary.error());
  StartPlan start;
  start.is_standby = !*primary;
  start.needs_lock = *primary && !work.context.is_paused;
  start.upstream = upstream_named(work.context, work.context.wanted.follow);
  start.keeps_upstream = true;
  start.limit = work.context.start_limit;
  start.state = patroni::ServerState::restarting;
  if (start.needs_lock) {
    if (auto may = may_come_back(work); !may) return may;
  }
  // Receivers that are no members keep a restart waiting as long as they like: nobody waits for this node's lock.
  const StopPlan stop{StopHow::fast, true, patroni::ServerState::restarting, true};
  if (auto stopped = stop_server(work, stop); !stopped) return stopped;
  return start_server(work, start);
}

}  // namespace

ha::ActionResult act_start(const ActionWork& work) {
  StartPlan plan;
  plan.is_standby = work.action.kind != ha::ActionKind::start_primary;
  if (plan.is_standby) {
    plan.upstream = work.context.from;
  } else {
    plan.needs_lock = !work.context.is_paused;
    plan.limit = work.context.start_limit;
  }
  return action_result(start_server(work, plan), work.stop);
}

ha::ActionResult act_stop(const ActionWork& work) {
  const bool is_immediate = work.action.kind == ha::ActionKind::stop_immediate;
  StopPlan plan;
  plan.how = is_immediate ? StopHow::immediate : StopHow::fast;
  plan.makes_checkpoint = work.action.makes_checkpoint;
  return action_result(stop_server(work, plan), work.stop);
}

ha::ActionResult act_restart(const ActionWork& work) {
  return action_result(restart(work), work.stop);
}

ha::ActionResult action_result(const Result<void>& result, const std::stop_token& stop) {
  using Outcome = ha::ActionResult::Outcome;
  if (result) return {Outcome::done, {}, {}};
  const bool is_cancelled = result.error().kind == ErrorKind::closed && stop.stop_requested();
  return {is_cancelled ? Outcome::cancelled : Outcome::failed, {}, result.error().message};
}

}  // namespace tamada::agent
