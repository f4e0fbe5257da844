// The end of the server, as the guard tells it: no process of it is left.
#pragma once

#include "agent/guard/protocol/report.h"
#include "agent/server/actions/action_work.h"
#include "common/base/result.h"

namespace tamada::agent {

// No process of the guard's, and none that a sweep has still to end.
[[nodiscard]] bool has_ended(const guard::GuardStatus& status);

// SIGQUIT to the postmaster, after 5 s every process of the data directory, by the guard, and the wait until none is left,
// which only a stop ends. Nothing where none runs.
[[nodiscard]] Result<void> end_server(const ActionWork& work, const std::stop_token& stop);

// For an action that was cancelled, and must not leave the server as it is: ends it, whatever the action's stop says. A
// process that does not die is waited for half a minute; the next look tells of it.
void end_server_after_all(const ActionWork& work);

// How it ended, for people: "ended with status 1".
[[nodiscard]] std::string words_of(const guard::ProcessEnd& end);

// stop_server() as a part of something greater. `waits_for_strangers`: receivers of WAL that are no members are not ended,
// however long they take. `state`: what is told meanwhile.
struct StopPlan {
  StopHow how = StopHow::fast;
  bool waits_for_strangers = false;
  patroni::ServerState state = patroni::ServerState::stopping;
  // Before a fast stop, so that the checkpoint in it is short and so the time without a server. It takes its own time.
  bool makes_checkpoint = false;
};
[[nodiscard]] Result<void> stop_server(const ActionWork& work, const StopPlan& plan);

}  // namespace tamada::agent
