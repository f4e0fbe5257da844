// act_clone: a replica's data directory, by the first of the configured methods that succeeds.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "agent/server/actions/clone_steps.h"
#include "agent/server/actions/recovery_steps.h"

namespace tamada::agent {

namespace {

constexpr const char* base_backup = "basebackup";

CloneTask task_of(const DataWork& data) {
  const ActionContext& context = data.work.context;
  CloneTask task{data, {}, context.leader.is_set() ? context.leader : context.from};
  if (!context.from_leader_only) task.members = context.sources;
  const auto is_leader = [&task](const Upstream& one) { return one.name == task.leader.name; };
  if (task.leader.is_set() && std::none_of(task.members.begin(), task.members.end(), is_leader))
    task.members.push_back(task.leader);
  return task;
}

// Nothing may be begun over files that are not the server's, and nothing over data that may not be replaced.
Result<void> may_begin(const DataWork& data) {
  const DataLook look = data.directory.look();
  switch (look.state) {
    case DataState::missing:
    case DataState::empty:
      return nothing_runs(data.work);
    case DataState::foreign:
    case DataState::unreadable:
      return fail(ErrorKind::denied, look.problem + "; nothing is copied there");
    case DataState::control_broken:
    case DataState::valid:
      break;
  }
  if (auto permission = permission_of(data.work); !permission)
    return tl::make_unexpected(std::move(permission.error()));
  if (auto stopped = stop_server(data.work, StopHow::fast); !stopped) return stopped;
  return nothing_runs(data.work);
}

Result<void> run_method(CloneTask& task, const std::string& name) {
  const auto& methods = task.data.setup.postgres.methods;
  const auto found = std::find_if(methods.begin(), methods.end(),
                                  [&name](const CustomMethod& method) { return method.name == name; });
  if (found == methods.end() && name == base_backup) {
    if (task.members.empty()) return fail(ErrorKind::unavailable, "there is no member to copy from");
    return clone_by_backup(task);
  }
  if (found == methods.end())
    return fail(ErrorKind::invalid,
                fmt::format("there is no section postgresql.{} with a command for this method", name));
  if (task.members.empty() && !found->no_leader)
    return fail(ErrorKind::unavailable, "there is no leader, and the method has not no_leader set");
  return clone_by_method(task, *found);
}

// Once the copy is in its place. What is left over of the old data is no reason to make another one.
void remove_aside(const CloneTask& task) {
  const DataDirectory aside(task.data.directory.aside_path());
  Result<void> removed = fail(ErrorKind::denied, "nobody knows of which system the new data is");
  if (const auto permission = permission_of(task.data.work); permission && task.is_system_known)
    removed = aside.remove(*permission);
  if (!removed) {
    task.data.warn(fmt::format("the old data is still in {}: {}", aside.path(), removed.error().message));
    return;
  }
  std::error_code ignored;
  std::filesystem::remove(aside.path(), ignored);  // only where nothing is left in it
}

Result<void> run_methods(const DataWork& data) {
  if (auto begun = may_begin(data); !begun) return begun;
  CloneTask task = task_of(data);
  std::vector<std::string> names = data.setup.postgres.create_replica_methods;
  if (names.empty()) names.emplace_back(base_backup);
  std::string problems;
  for (const std::string& name : names) {
    auto made = run_method(task, name);
    if (made && task.was_moved) remove_aside(task);
    if (made) return unmark_half_rewound(data.directory);
    problems += fmt::format("{}{}: {}", problems.empty() ? "" : "; ", name, made.error().message);
    if (data.work.stop.stop_requested()) break;
    data.warn(fmt::format("create_replica method {} failed: {}", name, made.error().message));
  }
  if (task.was_moved) problems += "; the old data is in " + data.directory.aside_path();
  return fail(ErrorKind::unavailable, problems);
}

}  // namespace

Result<void> make_room(CloneTask& task) {
  const DataState state = task.data.directory.look().state;
  if (state == DataState::missing || state == DataState::empty) return {};
  const auto permission = permission_of(task.data.work);
  if (!permission) return tl::make_unexpected(permission.error());
  if (auto moved = task.data.directory.set_aside(*permission); !moved) return moved;
  task.was_moved = true;
  return {};
}

Result<void> judge_copy(const DataWork& data, const std::string& folder, std::uint64_t system) {
  const DataLook look = DataDirectory(folder).look();
  if (look.state != DataState::valid)
    return fail(ErrorKind::invalid, fmt::format("the copy in {} is {}{}{}", folder, name_of(look.state),
                                                look.problem.empty() ? "" : ": ", look.problem));
  if (data.setup.major() != 0 && look.major != data.setup.major())
    return fail(ErrorKind::invalid,
                fmt::format("the copy in {} is of PostgreSQL {}, and the programs here are of {}", folder,
                            look.major.value_or(0), data.setup.major()));
  const auto control = data.tools.control_data(folder, data.work.stop);
  if (!control) return tl::make_unexpected(control.error());
  if (control->is_damaged)
    return fail(ErrorKind::invalid, fmt::format("the control file of the copy in {} is damaged", folder));
  if (!control->system_identifier)
    return fail(ErrorKind::invalid, fmt::format("of which system the copy in {} is cannot be read", folder));
  if (system == 0 || *control->system_identifier == system) return {};
  return fail(ErrorKind::invalid, fmt::format("the copy in {} is of the system {}, and the leader's is {}",
                                              folder, *control->system_identifier, system));
}

Result<void> make_standby(const ConfigFiles& files) {
  if (auto set = files.set_signal(ConfigFiles::Signal::standby); !set) return set;
  if (auto removed = files.remove_promote_file(); !removed) return removed;
  if (auto stripped = files.strip_auto_conf(); !stripped)
    return tl::make_unexpected(std::move(stripped.error()));
  return files.restore_copies();
}

ha::ActionResult act_clone(const ActionWork& work) {
  work.tell_state(patroni::ServerState::creating_replica);
  const DataWork data(work);
  const auto made = run_methods(data);
  work.tell_state(std::nullopt);
  return ended(work, made);
}

}  // namespace tamada::agent
