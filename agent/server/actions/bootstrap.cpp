// act_bootstrap: the first server of a new cluster. It takes writes without a lock, so it lets only the agent in until the
// lock is held.
#include <fmt/format.h>

#include "agent/server/actions/bootstrap_steps.h"
#include "agent/server/actions/recovery_steps.h"

namespace tamada::agent {

namespace {

Result<void> make_and_start(const DataWork& data) {
  if (auto quiet = nothing_runs(data.work); !quiet) return quiet;
  if (auto unmarked = unmark_half_rewound(data.directory); !unmarked) return unmarked;
  if (auto made = make_first_data(data); !made) return made;
  auto plan = first_start(data);
  if (!plan) return tl::make_unexpected(std::move(plan.error()));
  if (auto saved = data.files.save_copies(); !saved) return saved;
  if (auto started = start_server(data.work, *plan); !started) return started;
  if (plan->recovery) {
    if (auto writable = wait_until_writable(data); !writable) return writable;
  }
  return finish_first_server(data);
}

// The server is ended first; where it cannot be, nothing is moved. The words of what went wrong here.
std::string clean_up(const ActionWork& work) {
  const DataWork data(work);
  if (auto stopped = stop_server(work, StopHow::immediate); !stopped)
    return "; the server could not be stopped: " + stopped.error().message;
  if (auto quiet = nothing_runs(work); !quiet) return "; " + quiet.error().message;
  // Nothing was there before: what no server made is a half of what the method was to bring.
  const bool is_servers = data.directory.look().state != DataState::foreign;
  const auto gone = is_servers
                        ? data.directory.set_aside(RemovePermission(RemovePermission::Why::own_leftover))
                        : data.directory.remove_leftover();
  return gone ? std::string() : "; what was made is still there: " + gone.error().message;
}

}  // namespace

ha::ActionResult act_bootstrap(const ActionWork& work) {
  const DataWork data(work);
  const DataLook look = data.directory.look();
  if (look.state != DataState::missing && look.state != DataState::empty) {
    const std::string words = look.problem.empty() ? data.directory.path() + " is not empty" : look.problem;
    return ended(work, fail(ErrorKind::denied, words));
  }
  const bool is_custom = data.setup.config.bootstrap.method != "initdb";
  work.tell_state(is_custom ? patroni::ServerState::custom_bootstrap : patroni::ServerState::initializing);
  auto made = make_and_start(data);
  if (!made) {
    work.tell_state(is_custom ? patroni::ServerState::custom_bootstrap_failed
                              : patroni::ServerState::initialization_failed);
    made.error().message += clean_up(without_stop(work));
  }
  return ended(work, made);
}

ha::ActionResult act_set_aside(const ActionWork& work) {
  const DataWork data(work);
  auto done = nothing_runs(work);
  if (done) {
    work.tell(fmt::format("{} is moved to {}", data.directory.path(), data.directory.aside_path()), false);
    done = data.directory.set_aside(RemovePermission(RemovePermission::Why::own_leftover));
  }
  if (done) done = unmark_half_rewound(data.directory);
  return ended(work, done);
}

}  // namespace tamada::agent
