// What the guard is asked to start, for the action thread: a tool, or the postmaster.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "agent/guard/client/guard_client.h"
#include "agent/postgres/formats/program_call.h"
#include "agent/server/actions/guard_hands.h"
#include "common/base/result.h"

namespace tamada::agent {

// Its process; a program of a name alone is looked up in the PATH of the call's environment, since the guard
// searches nowhere.
[[nodiscard]] guard::GuardLaunch guard_launch(guard::ProcessKind kind, const ProgramCall& call);

// Starts it, and answers its process id: the child is there then, and not yet the program. One that has ended since
// is in the guard's last_end.
//
// A sweep that goes on, and a promotion that is being taken back, are waited for. Processes of PostgreSQL that the
// guard knows nothing of (left by a guard that was killed, or by somebody's hand) are ended first, once: nothing is
// started beside them. (A server that goes on is adopted by the agent before it begins any action.)
//
// `make`: once for each try. Once the guard was asked, a stop is not looked at until it has answered, so that the
// caller knows what runs. Errors: closed, unavailable, timeout (GuardHands); denied (the deadline of `needs_lock`
// does not hold), system (anything else that the guard refuses).
[[nodiscard]] Result<pid_t> start_in_guard(GuardHands::Shared& guard,
                                           const std::function<Result<guard::GuardLaunch>()>& make,
                                           const std::optional<guard::LockEpoch>& needs_lock,
                                           const std::stop_token& stop);

// How the guard's answer reads, for people: "the deadline of the leader lock has passed".
[[nodiscard]] std::string words_of(const guard::GuardAnswer& answer);

}  // namespace tamada::agent
