#include "agent/server/actions/recovery_steps.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "agent/postgres/formats/setting_value.h"
#include "agent/postgres/formats/shell_words.h"
#include "agent/server/actions/action_tools.h"
#include "common/base/errno_text.h"
#include "common/files/state_file.h"

namespace tamada::agent {

namespace {

constexpr Duration archive_limit = 60s;
constexpr std::string_view ready_end = ".ready";

bool has_backup_label(const DataDirectory& directory) {
  std::error_code code;
  return std::filesystem::exists(directory.path() + "/backup_label", code) || code;
}

bool is_shut_down(const ControlData& control) {
  return control.state == ClusterState::shut_down || control.state == ClusterState::shut_down_in_recovery;
}

Result<void> run_alone(const DataWork& data, const ControlData& control) {
  const ServerFiles files =
      server_files(data.setup, ServerRole{}, data.work.context.wanted, control.settings, {});
  const ProgramCall call =
      single_user_call(server_program(data.setup, "postgres"), data.directory.path(), data.files.main_path(),
                       files.command_line, tool_environment(own_variables()));
  const auto signal = data.files.signal();
  if (!signal) return tl::make_unexpected(signal.error());
  // Single-user mode refuses to be a standby.
  if (auto set = data.files.set_signal(ConfigFiles::Signal::none); !set) return set;
  auto recovered = data.tools.crash_recovery(call, std::nullopt, data.work.stop);
  if (auto set = data.files.set_signal(*signal); !set && recovered) return set;
  return recovered;
}

// The names of what waits, in the order of the log.
std::vector<std::string> ready_names(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code code;
  std::filesystem::directory_iterator entry(folder, code);
  for (; !code && entry != std::filesystem::directory_iterator(); entry.increment(code)) {
    const std::string name = entry->path().filename().string();
    if (name.size() > ready_end.size() &&
        name.compare(name.size() - ready_end.size(), ready_end.size(), ready_end) == 0)
      names.push_back(name.substr(0, name.size() - ready_end.size()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string mark_path(const DataDirectory& directory) {
  return directory.is_fixed() ? directory.path() + "/.tamada-rewinding" : directory.path() + ".rewinding";
}

}  // namespace

Result<void> recover_in_single_user_mode(const DataWork& data) {
  if (auto quiet = nothing_runs(data.work); !quiet) return quiet;
  const auto control = data.tools.control_data(data.directory.path(), data.work.stop);
  if (!control) return tl::make_unexpected(control.error());
  if (control->is_damaged || !control->state)
    return fail(ErrorKind::invalid, "the control file does not say how the server ended");
  if (is_shut_down(*control)) return {};
  if (has_backup_label(data.directory))
    return fail(ErrorKind::denied,
                fmt::format("{}/backup_label is there: only a start as a standby can recover this copy",
                            data.directory.path()));
  archive_ready_segments(data);
  data.tell("doing crash recovery in a single user mode");
  return run_alone(data, *control);
}

void archive_ready_segments(const DataWork& data) {
  const std::string mode = configured_setting(data.setup, "archive_mode");
  const std::string command = configured_setting(data.setup, "archive_command");
  if (command.empty() || (mode != "always" && !parse_setting_bool(mode).value_or(false))) return;
  const std::string status = data.directory.path() + "/pg_wal/archive_status/";
  for (const std::string& name : ready_names(status)) {
    const std::string path = "pg_wal/" + name;
    // As the server runs it: through a shell, in the data directory.
    const ToolRun run{{"/bin/sh",
                       {"sh", "-c", expand_archive_command(command, {path, name, {}})},
                       server_environment(own_variables()),
                       data.directory.path()},
                      archive_limit,
                      {},
                      {}};
    if (auto done = success_of(run, data.work.changing.run(run, data.work.stop)); !done) {
      data.warn(fmt::format("the segment {} could not be archived: {}", name, done.error().message));
      return;
    }
    if (::rename((status + name + ".ready").c_str(), (status + name + ".done").c_str()) != 0)
      data.warn(fmt::format("rename {}{}.ready: {}", status, name, describe_errno(errno)));
  }
}

Result<void> not_half_rewound(const DataDirectory& directory) {
  const std::string path = mark_path(directory);
  std::error_code code;
  if (!std::filesystem::exists(path, code) && !code) return {};
  return fail(
      ErrorKind::denied,
      fmt::format("{} says that a pg_rewind did not end well in {}: it must be rewound again or copied anew; "
                  "remove that file where other data has been put there by hand",
                  path, directory.path()));
}

Result<void> mark_half_rewound(const DataDirectory& directory) {
  return replace_file(mark_path(directory), "pg_rewind has not ended well here\n");
}

Result<void> unmark_half_rewound(const DataDirectory& directory) {
  const std::string path = mark_path(directory);
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return fail(ErrorKind::system, fmt::format("remove {}: {}", path, describe_errno(errno)));
}

ha::ActionResult act_recover_alone(const ActionWork& work) {
  const DataWork data(work);
  if (auto quiet = nothing_runs(work); quiet && has_backup_label(data.directory)) {
    data.tell("this is a copy that was never started: there is nothing to recover before it is compared");
    return ended(work, quiet);
  }
  return ended(work, recover_in_single_user_mode(data));
}

}  // namespace tamada::agent
