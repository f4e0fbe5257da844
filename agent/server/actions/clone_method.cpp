// A clone by a method of people's own, which works on the data directory itself.
#include <fmt/format.h>

#include "agent/server/actions/action_tools.h"
#include "agent/server/actions/clone_steps.h"
#include "agent/server/actions/leader_questions.h"

namespace tamada::agent {

namespace {

// Which system the method has to bring; 0: nobody can tell, and the method needs no leader.
Result<std::uint64_t> wanted_system(const CloneTask& task, const CustomMethod& method) {
  if (!task.leader.is_set()) return 0;
  const auto identity =
      identity_of(task.data, member_conninfo(task.data.setup, task.leader, LoginAs::replication));
  if (identity) return identity->system_identifier;
  if (method.no_leader) return 0;
  return tl::make_unexpected(identity.error());
}

Result<void> call(const CloneTask& task, const CustomMethod& method) {
  const DataWork& data = task.data;
  MethodFacts facts{data.setup.config.scope, data.directory.path(), {}};
  EnvironmentVariables environment = own_variables();
  std::vector<postgres::Conninfo> logins;
  if (!task.members.empty()) {
    logins.push_back(member_conninfo(data.setup, task.members.front(), LoginAs::replication));
    facts.connstring = tool_conninfo(logins.front(), {{"dbname", data.setup.postgres.database}});
  }
  const auto passwords = ToolPasswords::write(data.setup, logins);
  if (!passwords) return tl::make_unexpected(passwords.error());
  if (!passwords->path().empty()) environment["PGPASSFILE"] = passwords->path();
  const MethodPlan plan{method.command, method_parameters(MethodUse::create_replica, facts, method.no_params,
                                                          method.arguments)};
  const auto program = method_call(environment, plan);
  if (!program) return tl::make_unexpected(program.error());
  return data.tools.method(*program, std::nullopt, data.work.stop);
}

}  // namespace

Result<void> clone_by_method(CloneTask& task, const CustomMethod& method) {
  const DataWork& data = task.data;
  // Asked before anything is moved.
  const auto system = wanted_system(task, method);
  if (!system) return tl::make_unexpected(system.error());
  if (!method.keep_data) {
    if (auto moved = make_room(task); !moved) return moved;
  }
  data.tell(fmt::format("running the create_replica method {}", method.name));
  auto made = call(task, method);
  if (made) made = judge_copy(data, data.directory.path(), *system);
  if (made) made = make_standby(data.files);
  if (made) task.is_system_known = *system != 0;
  // With keep_data what is there is not the method's alone.
  if (made || method.keep_data) return made;
  if (auto removed = data.directory.remove_leftover(); !removed)
    made.error().message += "; its remains could not be removed: " + removed.error().message;
  return made;
}

}  // namespace tamada::agent
