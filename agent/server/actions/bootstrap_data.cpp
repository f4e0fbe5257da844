// The data directory of a new cluster's first server: by initdb, or by a method of people's own.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

#include "agent/server/actions/action_tools.h"
#include "agent/server/actions/bootstrap_steps.h"

namespace tamada::agent {

namespace {

constexpr Duration initdb_limit = 10min;
const RemovePermission leftover(RemovePermission::Why::own_leftover);

bool has_own_host_rules(const ServerSetup& setup) {
  return !setup.postgres.pg_hba.lines.empty() || !setup.postgres.pg_hba.of_role.empty() ||
         !configured_setting(setup, "hba_file").empty();
}

// Beside the data directory first: initdb wants an empty folder, and one with files whose names begin with a dot, or a
// mount's lost+found, is none.
Result<void> initialize(const DataWork& data) {
  if (auto cleared = data.directory.clear_clone(leftover); !cleared) return cleared;
  const BootstrapConfig& config = data.setup.config.bootstrap;
  const DatabaseUser& superuser = data.setup.config.postgres.superuser;
  const InitdbPlan plan{data.directory.clone_path(), data.words_of(Tool::initdb, config.initdb),
                        superuser.username, std::nullopt};
  auto made = data.tools.initdb(plan, superuser.password, initdb_limit, data.work.stop);
  if (made && !config.pg_hba.empty() && !has_own_host_rules(data.setup))
    made = data.files_in(plan.data_dir).append_host_rules(config.pg_hba);
  if (made) made = data.directory.put_clone_in_place();
  if (made) return made;
  if (auto cleared = data.directory.clear_clone(leftover); !cleared)
    made.error().message += "; and " + cleared.error().message;
  return made;
}

Result<void> run_method(const DataWork& data, const CustomMethod& method) {
  const MethodFacts facts{data.setup.config.scope, data.directory.path(), {}};
  const MethodPlan plan{method.command,
                        method_parameters(MethodUse::bootstrap, facts, method.no_params, method.arguments)};
  const auto call = method_call(own_variables(), plan);
  if (!call) return tl::make_unexpected(call.error());
  if (auto run = data.tools.method(*call, std::nullopt, data.work.stop); !run) return run;
  const DataLook look = data.directory.look();
  if (look.state == DataState::valid) return {};
  return fail(ErrorKind::invalid, fmt::format("the bootstrap method {} ended well, but {} is {}{}{}",
                                              method.name, data.directory.path(), name_of(look.state),
                                              look.problem.empty() ? "" : ": ", look.problem));
}

}  // namespace

Result<std::optional<CustomMethod>> bootstrap_method(const ServerSetup& setup) {
  const BootstrapConfig& config = setup.config.bootstrap;
  if (config.method == "initdb") return std::nullopt;
  const auto found =
      std::find_if(config.methods.begin(), config.methods.end(),
                   [&config](const CustomMethod& method) { return method.name == config.method; });
  if (found == config.methods.end())
    return fail(ErrorKind::invalid,
                fmt::format("bootstrap.method is {}, and there is no section bootstrap.{} with a command",
                            config.method, config.method));
  return *found;
}

Result<void> make_first_data(const DataWork& data) {
  const auto method = bootstrap_method(data.setup);
  if (!method) return tl::make_unexpected(method.error());
  if (!*method) return initialize(data);
  data.tell(fmt::format("running the bootstrap method {}", (*method)->name));
  return run_method(data, **method);
}

Result<StartPlan> first_start(const DataWork& data) {
  StartPlan plan;
  plan.is_standby = false;
  plan.is_closed = true;
  const auto method = bootstrap_method(data.setup);
  if (!method) return tl::make_unexpected(method.error());
  if (!*method) return plan;
  plan.recovery.emplace();
  plan.state = patroni::ServerState::bootstrap_starting;
  if ((*method)->keep_existing_recovery_conf) return plan;
  // What the method left of its own does not count: two targets, for one, are an error to the server.
  if (auto stripped = data.files.strip_auto_conf(); !stripped)
    return tl::make_unexpected(std::move(stripped.error()));
  const bool recovers = (*method)->recovery_conf.is_object() && !(*method)->recovery_conf.empty();
  if (recovers) {
    for (const auto& [name, value] : (*method)->recovery_conf.items())
      plan.recovery->emplace(name, setting_text(value));
  }
  if (auto set = data.files.set_signal(recovers ? ConfigFiles::Signal::recovery : ConfigFiles::Signal::none);
      !set)
    return tl::make_unexpected(std::move(set.error()));
  return plan;
}

}  // namespace tamada::agent
