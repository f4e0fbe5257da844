// What several actions need besides their hands: the environment and place of programs, scripts of people's own, the
// members that an action knows.
#pragma once

#include <string>

#include "agent/postgres/formats/program_call.h"
#include "agent/postgres/formats/tool_calls.h"
#include "agent/server/actions/action_work.h"
#include "agent/server/server_setup.h"
#include "agent/server/upstream.h"
#include "common/base/result.h"

namespace tamada::agent {

// This process's variables; nobody changes them after its start.
[[nodiscard]] EnvironmentVariables own_variables();

// The first program of that name in the PATH of `environment`. A path, and what is found nowhere, stay as they are.
// Blocks on the disk.
[[nodiscard]] std::string found_in_path(const std::string& program, const EnvironmentVariables& environment);

// Where the tools are, also when bin_dir does not say it; with LC_ALL=C.
[[nodiscard]] ToolPlace tool_place(const ServerSetup& setup);

// A command of people's own (pre_promote, before_stop), as a child of this process, with its environment and without a
// time limit, as Patroni runs it; a stop ends it. The error says how it failed.
[[nodiscard]] Result<void> run_script(const ActionWork& work, const std::string& command);

// Who has that name, of all whom the action knows; not set: nobody, or somebody whom it does not know.
[[nodiscard]] Upstream upstream_named(const ActionContext& context, const std::string& name);

// Of a running server as the newest report of the guard has it; 0: none runs there.
[[nodiscard]] pid_t postmaster_of(const ActionWork& work);

[[nodiscard]] inline tl::unexpected<Error> cancelled() {
  return fail(ErrorKind::closed, "the action was cancelled");
}

}  // namespace tamada::agent
