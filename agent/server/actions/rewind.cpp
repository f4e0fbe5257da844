// act_rewind: the steps of rewind_ladder.h up to a new clone, which is the decider's to order.
#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "agent/server/actions/clone_steps.h"
#include "agent/server/actions/leader_questions.h"
#include "agent/server/actions/recovery_steps.h"
#include "agent/server/settings/write_server_files.h"

namespace tamada::agent {

namespace {

// A leader that does not become fit in this time: the decider looks anew.
constexpr Duration fit_limit = 60s;
constexpr Duration fetch_limit = 10min;
constexpr int most_out_of_reach = 3;

class Ladder {
 public:
  Ladder(const DataWork& data, const Upstream& leader)
      : data_(data),
        leader_(leader),
        restore_command_(configured_setting(data.setup, "restore_command")),
        login_(member_conninfo(data.setup, leader, LoginAs::rewind)) {
    progress_.may_rewind = data.setup.postgres.use_pg_rewind;
  }

  Result<void> climb() {
    if (auto looked = look(); !looked) return looked;
    while (!data_.work.stop.stop_requested()) {
      const RewindStep step = next_rewind_step(progress_);
      switch (step) {
        case RewindStep::crash_recovery:
          if (auto recovered = recover(); !recovered) return recovered;
          break;
        case RewindStep::wait_for_leader:
          if (auto fit = wait_until_fit(data_, leader_, fit_limit); !fit) return fit;
          progress_.leader_is_fit = true;
          break;
        case RewindStep::rewind:
          if (auto rewound = rewind(); !rewound || *rewound)
            return rewound ? finish() : Result<void>(tl::make_unexpected(rewound.error()));
          break;
        case RewindStep::fetch_segment:
          if (auto fetched = fetch(); !fetched) return fetched;
          break;
        case RewindStep::clone:
        case RewindStep::give_up:
          return fail(ErrorKind::invalid, problem_);
      }
    }
    return fail(ErrorKind::closed, "the rewind was cancelled" + (problem_.empty() ? "" : ": " + problem_));
  }

 private:
  Result<void> look() {
    if (auto quiet = nothing_runs(data_.work); !quiet) return quiet;
    const auto control = data_.tools.control_data(data_.directory.path(), data_.work.stop);
    if (!control) return tl::make_unexpected(control.error());
    if (control->is_damaged || !control->state)
      return fail(ErrorKind::invalid, "the control file does not say how the server ended");
    problem_ =
        progress_.may_rewind ? "wal_log_hints and data checksums are both off" : "use_pg_rewind is off";
    progress_.may_rewind = progress_.may_rewind && allows_rewind(*control) != false;
    progress_.needs_crash_recovery =
        control->state != ClusterState::shut_down && control->state != ClusterState::shut_down_in_recovery;
    if (!progress_.needs_crash_recovery) archive_ready_segments(data_);
    return progress_.may_rewind ? write_files(control->settings) : Result<void>();
  }

  // pg_rewind asks the local configuration for restore_command, which may be newer than the files.
  Result<void> write_files(const ControlSettings& control) {
    ServerRole role;
    role.is_standby = true;
    role.upstream = leader_;
    const ServerFiles files = server_files(data_.setup, role, data_.work.context.wanted, control, {});
    const auto written = write_server_files(data_.setup, files, data_.work.stop);
    return written ? Result<void>() : Result<void>(tl::make_unexpected(written.error()));
  }

  Result<void> recover() {
    progress_.crash_recovery_tried = true;
    progress_.last_failure.reset();
    return recover_in_single_user_mode(data_);
  }

  // False: pg_rewind failed, and the ladder goes on.
  Result<bool> rewind() {
    const auto passwords = ToolPasswords::write(data_.setup, {login_});
    if (!passwords) return tl::make_unexpected(passwords.error());
    RewindPlan plan;
    plan.data_dir = data_.directory.path();
    plan.source_conninfo = tool_conninfo(
        login_, {{"dbname", data_.setup.postgres.database}, {"target_session_attrs", "read-write"}});
    plan.passfile = passwords->path();
    plan.has_restore_command = !restore_command_.empty();
    if (std::filesystem::path(data_.files.main_path()).parent_path() != plan.data_dir ||
        data_.setup.postgres.config_base_name != "postgresql")
      plan.config_file = data_.files.main_path();
    plan.major = data_.setup.major();
    plan.options = data_.words_of(Tool::pg_rewind, data_.setup.postgres.rewind);
    // The leader's files come in place of the local ones.
    if (auto saved = data_.files.save_copies(); !saved) return tl::make_unexpected(saved.error());
    if (auto marked = mark_half_rewound(data_.directory); !marked) return tl::make_unexpected(marked.error());
    data_.tell(fmt::format("running pg_rewind from {}", leader_.name));
    const auto done = data_.tools.rewind(plan, std::nullopt, data_.work.stop);
    if (done) return true;
    note(done.error());
    // It was not started, or how it ended is not known; or the leader says that it is fit, and is out of reach all the
    // same: nothing that another try at once would change.
    const bool is_out_of_reach = progress_.last_failure == RewindFailure::source_unavailable;
    if (done.error().error.kind == ErrorKind::unavailable ||
        (is_out_of_reach && ++out_of_reach_ >= most_out_of_reach))
      return fail(ErrorKind::unavailable, problem_);
    if (progress_.last_failure == RewindFailure::cancelled) return fail(ErrorKind::closed, problem_);
    return false;
  }

  void note(const RewindProblem& problem) {
    ++progress_.rewinds;
    progress_.last_failure = problem.output.failure;
    // Whatever it was: the leader may have changed meanwhile.
    progress_.leader_is_fit = false;
    problem_ = problem.error.message;
    missing_ = problem.output.missing_segment.value_or(std::string());
    progress_.can_fetch_missing =
        !missing_.empty() && !restore_command_.empty() && asked_for_.count(missing_) == 0;
    data_.warn("pg_rewind failed: " + problem_);
  }

  Result<void> fetch() {
    asked_for_.insert(missing_);
    progress_.can_fetch_missing = false;
    data_.tell("fetching the segment " + missing_ + " by restore_command");
    auto fetched = data_.tools.fetch_segment(restore_command_, data_.directory.path(), missing_, fetch_limit,
                                             data_.work.stop);
    if (fetched) progress_.last_failure.reset();
    if (!fetched) fetched.error().message = problem_ + "; " + fetched.error().message;
    return fetched;
  }

  Result<void> finish() {
    if (auto made = make_standby(data_.files); !made) return made;
    return unmark_half_rewound(data_.directory);
  }

  const DataWork& data_;
  const Upstream& leader_;
  const std::string restore_command_;
  const postgres::Conninfo login_;
  RewindProgress progress_;
  std::string problem_;
  std::string missing_;
  int out_of_reach_ = 0;
  std::set<std::string> asked_for_;
};

}  // namespace

ha::ActionResult act_rewind(const ActionWork& work) {
  const DataWork data(work);
  const Upstream& leader = work.context.from.is_set() ? work.context.from : work.context.leader;
  if (!leader.is_set())
    return action_result(fail(ErrorKind::unavailable, "nobody knows where the leader's server is"),
                         work.stop);
  const auto done = Ladder(data, leader).climb();
  ha::ActionResult result = ended(work, done);
  // A leader that is not there, or not fit, says nothing about the data: it must not count as a rewind that failed.
  if (!done && (done.error().kind == ErrorKind::unavailable || done.error().kind == ErrorKind::closed))
    result.outcome = ha::ActionResult::Outcome::cancelled;
  return result;
}

}  // namespace tamada::agent
