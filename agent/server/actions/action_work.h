// ActionWork: what an action has in its hands while it runs, on the action thread: what it is to do and know, the guard, the
// tools, and the way to tell what it is at. Everything here may block, and ends soon once `stop` is asked to.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/ha/action.h"
#include "agent/postgres/formats/server_config_text.h"
#include "agent/postgres/tool_runner.h"
#include "agent/server/actions/action_context.h"
#include "agent/server/actions/guard_hands.h"
#include "common/base/result.h"

namespace tamada::agent {

struct ActionWork {
  ha::Action action;
  ActionContext context;
  GuardHands::Shared& guard;
  ToolRunner& changing;  // through the guard: what works on the data directory, and ends with the agent
  ToolRunner& looking;   // own children: what only reads
  // Any thread; told on the loop's.
  std::function<void(std::optional<patroni::ServerState>)> tell_state;
  std::function<void(const std::string& words, bool is_warning)> tell;
  std::stop_token stop;
  // True: not the action was cancelled but the agent ends, and its server goes on without it. Then nothing is undone
  // that an action has begun with the server. Empty: never so.
  std::function<bool()> is_agent_ending = {};
  // All that is wrong with people's settings, each time that the files are written. Empty: it is told by `tell`.
  std::function<void(const std::vector<std::string>& findings)> tell_findings = {};
};

// ---- the server itself (server_start.cpp, server_stop.cpp, promotion.cpp)

struct StartPlan {
  bool is_standby = true;
  Upstream upstream;            // of a standby; not set: it follows nobody
  bool keeps_upstream = false;  // not set, and it followed somebody when it was looked at last: it goes on
  bool is_closed = false;       // only the agent is let in (bootstrap)
  bool needs_lock = false;      // only while context.epoch's deadline holds in the guard
  // The first start after a custom bootstrap: these are all of the recovery settings in postgresql.conf, and the signal file
  // and postgresql.auto.conf stay as the bootstrap left them. Not of a standby.
  std::optional<Settings> recovery;
  std::optional<Duration> limit;  // until it takes connections; none: as long as it takes
  // What is told meanwhile: starting, restarting or bootstrap_starting.
  patroni::ServerState state = patroni::ServerState::starting;
};
inline constexpr Duration standby_patience = 10s;
// Writes the files, raises what pg_control demands of a standby, sets the signal file, starts the postmaster through the guard,
// and waits until it takes connections. A standby that goes on refusing them for `standby_patience` while its postmaster lives
// is started well, too: it may need WAL from somebody whom it can follow only when its settings are kept again, after this.
//
// Errors: closed (cancelled: the server was ended again, unless the agent is ending), timeout (`limit` has passed: the server
// is left as it is), denied (the lock's deadline does not hold), system (it has ended, with what can be said of why), and
// GuardHands'.
[[nodiscard]] Result<void> start_server(const ActionWork& work, const StartPlan& plan);

enum class StopHow { fast, immediate };
// before_stop, a checkpoint where it makes the stop shorter, SIGINT or SIGQUIT, and the wait for the end of all processes,
// without a limit. Nothing where none runs. Errors: closed (cancelled: the server may be stopping), and GuardHands'.
[[nodiscard]] Result<void> stop_server(const ActionWork& work, StopHow how);

// ---- whole actions
[[nodiscard]] ha::ActionResult act_start(const ActionWork& work);      // start_primary, start_standby
[[nodiscard]] ha::ActionResult act_stop(const ActionWork& work);       // stop_fast, stop_immediate
[[nodiscard]] ha::ActionResult act_restart(const ActionWork& work);    // restart
[[nodiscard]] ha::ActionResult act_promote(const ActionWork& work);    // promote
[[nodiscard]] ha::ActionResult act_bootstrap(const ActionWork& work);  // bootstrap
[[nodiscard]] ha::ActionResult act_clone(const ActionWork& work);      // clone
[[nodiscard]] ha::ActionResult act_check_divergence(const ActionWork& work);
[[nodiscard]] ha::ActionResult act_rewind(const ActionWork& work);
[[nodiscard]] ha::ActionResult act_recover_alone(const ActionWork& work);
[[nodiscard]] ha::ActionResult act_set_aside(const ActionWork& work);

// done, failed or cancelled, as the result of a step says.
[[nodiscard]] ha::ActionResult action_result(const Result<void>& result, const std::stop_token& stop);

}  // namespace tamada::agent
