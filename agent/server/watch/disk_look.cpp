#include "agent/server/watch/disk_look.h"

#include <fmt/format.h>

#include <utility>

#include "agent/postgres/config_files.h"
#include "agent/postgres/data_directory.h"
#include "agent/postgres/postgres_tools.h"
#include "agent/server/watch/postmaster_finder.h"

namespace tamada::agent {

namespace {

ha::DataState state_of(DataState state) {
  switch (state) {
    case DataState::missing:
    case DataState::empty:
      return ha::DataState::absent;
    case DataState::control_broken:
      return ha::DataState::broken;
    case DataState::valid:
      return ha::DataState::present;
    case DataState::foreign:
    case DataState::unreadable:
      break;
  }
  return ha::DataState::unknown;
}

DiskSighting not_known(std::string problem) {
  DiskSighting seen;
  seen.problem = std::move(problem);
  return seen;
}

// Replicas of a primary that was shut down can have this much.
WalPosition checkpoint_of(const PostgresTools& tools, const std::string& data_dir, const ControlData& control,
                          const std::stop_token& stop) {
  if (!control.checkpoint) return 0;
  if (control.state != ClusterState::shut_down || !control.timeline) return *control.checkpoint;
  return tools.shutdown_position_of(data_dir, *control.timeline, *control.checkpoint, stop);
}

}  // namespace

DiskSighting look_at_disk(const ExecHelper& helper, const ToolPlace& place, const std::string& data_dir,
                          const std::stop_token& stop) {
  const DataLook look = DataDirectory(data_dir).look();
  DiskSighting seen;
  seen.data = state_of(look.state);
  seen.problem = look.problem;
  if (look.state != DataState::valid && look.state != DataState::control_broken) return seen;

  const auto stranger = find_postmaster(data_dir);
  if (!stranger || *stranger) {
    seen = not_known(stranger ? fmt::format("process {} works on {}, and the guard does not know it",
                                            (*stranger)->pid, data_dir)
                              : stranger.error().message);
    seen.may_be_in_use = true;
    return seen;
  }
  if (look.state != DataState::valid) return seen;

  const auto signal = ConfigFiles({data_dir, {}, "postgresql", false}).signal();
  if (!signal) return not_known(signal.error().message);
  seen.has_signal_file = *signal != ConfigFiles::Signal::none;

  ChildToolRunner runner(helper);
  const PostgresTools tools(runner, runner, place);
  auto control = tools.control_data(data_dir, stop);
  if (!control) return not_known(control.error().message);
  if (control->is_damaged) {
    seen.data = ha::DataState::broken;
    seen.problem = fmt::format("{}/global/pg_control does not match its checksum", data_dir);
    return seen;
  }
  if (!control->state || !control->system_identifier) {
    return not_known("pg_controldata does not tell the state and the system identifier of " + data_dir);
  }
  seen.checkpoint = checkpoint_of(tools, data_dir, *control, stop);
  seen.control = std::move(*control);
  return seen;
}

Result<std::optional<PostmasterStatus>> postmaster_status_in(const std::string& data_dir) {
  const auto text = read_postmaster_pid(data_dir);
  if (!text) return tl::make_unexpected(text.error());
  return parse_postmaster_pid(*text).status;
}

}  // namespace tamada::agent
