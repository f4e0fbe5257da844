// Starting the server: its files, the postmaster through the guard, and the wait until it is there.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "agent/postgres/formats/postmaster_pid.h"
#include "agent/postgres/postgres_tools.h"
#include "agent/server/actions/action_tools.h"
#include "agent/server/actions/guard_start.h"
#include "agent/server/actions/recovery_steps.h"
#include "agent/server/actions/server_answer.h"
#include "agent/server/actions/server_end.h"
#include "agent/server/actions/target_timeline.h"
#include "agent/server/actions/timeline_reservation.h"
#include "agent/server/settings/write_server_files.h"
#include "common/files/small_file.h"
#include "common/loop/clock.h"

namespace tamada::agent {

namespace {

using guard::GuardStatus;

// Between two looks: each leaves a line in the server's log while it refuses.
constexpr Duration least_pause = 50ms;
constexpr Duration most_pause = 1s;
constexpr Duration explain_limit = 10s;

// Of a directory whose server does not run; none: it could not be read. What is unknown raises no setting; a server that
// needed it says so, and ends.
std::optional<ControlData> control_of(const ActionWork& work, const std::string& data_dir) {
  const PostgresTools tools(work.changing, work.looking, tool_place(*work.context.setup));
  auto control = tools.control_data(data_dir, work.stop);
  if (control) return *std::move(control);
  if (!work.stop.stop_requested()) work.tell("pg_controldata: " + control.error().message, true);
  return std::nullopt;
}

ServerFiles files_for(const ActionWork& work, const StartPlan& plan,
                      const std::optional<ControlData>& control) {
  const ActionContext& context = work.context;
  ServerRole role;
  role.is_standby = plan.is_standby;
  role.upstream = plan.upstream;
  role.leader_timeline = target_timeline(work, plan);
  role.recovery = plan.recovery;
  // It is to go on following somebody whom this action does not know: what it had stays.
  if (plan.is_standby && !plan.upstream.is_set() && plan.keeps_upstream && context.last_look.status) {
    role.kept = {context.last_look.status->primary_conninfo, context.last_look.status->primary_slot_name};
  }
  ha::WantedSettings wanted = context.wanted;
  wanted.is_closed = wanted.is_closed || plan.is_closed;
  std::optional<ControlSettings> least;
  // A restored backup recovers, too, and refuses to with less than its primary had.
  if ((plan.is_standby || plan.recovery) && control) least = control->settings;
  const std::string former =
      context.last_look.status ? context.last_look.status->synchronous_standby_names : std::string();
  return server_files(*context.setup, role, wanted, least, former);
}

void tell_findings(const ActionWork& work, const ServerFiles& files) {
  std::vector<std::string> findings = files.findings;
  for (const std::string& name : files.left_out) {
    findings.push_back(
        fmt::format("the setting {} cannot be written to postgresql.conf and was left out", name));
  }
  if (work.tell_findings) return work.tell_findings(findings);
  for (const std::string& finding : findings) work.tell(finding, true);
}

// What stands in postmaster.pid is somebody else's number by now: the server would take that process for one of its own and
// not start. A PostgreSQL of this directory is never passed over like that; the guard looks for those itself.
std::optional<pid_t> foreign_pid(const std::string& data_dir) {
  const auto text = read_small_file(data_dir + "/postmaster.pid");
  if (!text) return std::nullopt;
  const auto pid = parse_postmaster_pid(*text).pid;
  if (!pid || (::kill(*pid, 0) != 0 && errno == ESRCH)) return std::nullopt;
  const std::string process = fmt::format("/proc/{}", *pid);
  std::error_code unknown;
  const auto program = std::filesystem::read_symlink(process + "/exe", unknown);
  const bool is_postgres = !unknown && program.filename().string().starts_with("postgres");
  const auto directory = std::filesystem::read_symlink(process + "/cwd", unknown);
  const bool is_here = !unknown && std::filesystem::equivalent(directory, data_dir, unknown);
  if (is_postgres && is_here) return std::nullopt;
  return *pid;
}

// Why the server has ended: where it was its configuration, the words of it. Its own words are in its log, which is not read
// here.
std::string explanation(const ActionWork& work, PostmasterStart start) {
  // The guard is ending what the server left, and would end this one, too.
  static_cast<void>(work.guard.wait_until(has_ended, explain_limit, work.stop));
  start.environment = tool_environment(start.environment);
  ToolRun run{setting_call(start, "port"), explain_limit, {}, {}};
  run.call.program = found_in_path(run.call.program, run.call.environment);
  run.call.arguments.front() = run.call.program;
  run.call.directory = "/";  // not where the guard looks for servers
  const auto success = success_of(run, work.looking.run(run, work.stop));
  return success ? "; its log says why" : ": " + success.error().message;
}

class Starting {
 public:
  Starting(const ActionWork& work, const StartPlan& plan)
      : work_(work), plan_(plan), setup_(*work.context.setup), places_(config_places(setup_)) {}

  Result<void> prepare();
  Result<void> launch();
  Result<void> wait();

 private:
  [[nodiscard]] Result<void> ended(const guard::ProcessEnd& end) const;
  [[nodiscard]] Result<void> was_cancelled() const;

  const ActionWork& work_;
  const StartPlan& plan_;
  const ServerSetup& setup_;
  const ConfigPlaces places_;
  PostmasterStart start_;
  pid_t pid_ = 0;
};

Result<void> Starting::prepare() {
  if (auto whole = not_half_rewound(DataDirectory(places_.data_dir)); !whole) return whole;
  const ConfigFiles on_disk(places_);
  const auto control = control_of(work_, places_.data_dir);
  const ServerFiles files = files_for(work_, plan_, control);
  tell_findings(work_, files);
  if (const auto written = write_server_files(setup_, files, work_.stop); !written) {
    return tl::make_unexpected(written.error());
  }
  // A base backup takes them along where the files themselves stand elsewhere.
  if (auto saved = on_disk.save_copies(); !saved) return saved;
  // It would promote as soon as the server runs.
  if (auto removed = on_disk.remove_promote_file(); !removed) return removed;
  if (control) {
    const auto cleared = clear_reservations(places_.data_dir, newest_timeline_of(*control));
    if (!cleared) return cleared;
  }
  start_.program = server_program(setup_, "postgres");
  start_.data_dir = places_.data_dir;
  start_.config_file = on_disk.main_path();
  start_.command_line = files.command_line;
  start_.environment = server_environment(own_variables());
  if (plan_.recovery) return {};  // as the bootstrap left it
  return on_disk.set_signal(plan_.is_standby ? ConfigFiles::Signal::standby : ConfigFiles::Signal::none);
}

Result<void> Starting::launch() {
  std::optional<guard::LockEpoch> needs_lock;
  if (plan_.needs_lock) {
    if (!work_.context.epoch) return fail(ErrorKind::denied, "this node does not hold the leader lock");
    needs_lock = work_.context.epoch;
  }
  const auto make = [this]() -> Result<guard::GuardLaunch> {
    // Anew for each try: what a sweep has ended is nobody's number any more.
    start_.foreign_pid = foreign_pid(places_.data_dir);
    return guard_launch(guard::ProcessKind::postmaster, postmaster_call(start_));
  };
  const auto pid = start_in_guard(work_.guard, make, needs_lock, work_.stop);
  if (!pid) return tl::make_unexpected(pid.error());
  pid_ = *pid;
  return {};
}

Result<void> Starting::ended(const guard::ProcessEnd& end) const {
  const std::string words = end.process.pid == pid_ ? words_of(end) : "has ended";
  return fail(ErrorKind::system,
              fmt::format("PostgreSQL {} while it was starting{}", words, explanation(work_, start_)));
}

Result<void> Starting::was_cancelled() const {
  // Who cancels a start wants no server that comes up later.
  if (!work_.is_agent_ending || !work_.is_agent_ending()) end_server_after_all(work_);
  return cancelled();
}

Result<void> Starting::wait() {
  const TimePoint began = loop::boot_now();
  const auto is_over = [this](const GuardStatus& status) {
    return status.process.kind != guard::ProcessKind::postmaster || status.process.pid != pid_;
  };
  while (true) {
    const ServerAnswer answer = ask_server(setup_, pid_, work_.stop);
    const bool is_open = answer.kind == ServerAnswer::Kind::open;
    const Duration waited = loop::boot_now() - began;
    const Duration pause = std::clamp<Duration>(waited / 10, least_pause, most_pause);
    const auto status = work_.guard.wait_until(is_over, is_open ? 0ms : pause, work_.stop);
    if (status) return ended(status->last_end);
    if (work_.stop.stop_requested()) return was_cancelled();
    if (status.error().kind != ErrorKind::timeout) return tl::make_unexpected(status.error());
    if (is_open) {
      if (!answer.in_recovery)
        work_.tell("PostgreSQL takes connections, but not the agent's: " + answer.words, true);
      return {};
    }
    if (plan_.limit && waited >= *plan_.limit) {
      return fail(ErrorKind::timeout, fmt::format("PostgreSQL takes no connections after {} s: {}",
                                                  to_ms(*plan_.limit) / 1000, answer.words));
    }
    const bool recovers = plan_.is_standby && answer.kind == ServerAnswer::Kind::starting;
    if (recovers && waited >= standby_patience) {
      work_.tell("PostgreSQL is in recovery and takes no connections yet", false);
      return {};
    }
  }
}

}  // namespace

Result<void> start_server(const ActionWork& work, const StartPlan& plan) {
  work.tell_state(plan.state);
  Starting starting(work, plan);
  Result<void> started = starting.prepare();
  if (started) started = starting.launch();
  if (started) started = starting.wait();
  const bool is_restart = plan.state == patroni::ServerState::restarting;
  if (!started && started.error().kind != ErrorKind::timeout && !work.stop.stop_requested()) {
    work.tell_state(is_restart ? patroni::ServerState::restart_failed : patroni::ServerState::start_failed);
  } else {
    work.tell_state(std::nullopt);
  }
  return started;
}

}  // namespace tamada::agent
