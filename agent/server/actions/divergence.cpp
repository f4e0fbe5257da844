// act_check_divergence: where the local data ends, compared with the leader's history.
#include <fmt/format.h>

#include "agent/postgres/blocking_session.h"
#include "agent/postgres/formats/backup_label.h"
#include "agent/postgres/row_reader.h"
#include "agent/server/actions/leader_questions.h"
#include "agent/server/actions/recovery_steps.h"
#include "common/files/small_file.h"

namespace tamada::agent {

namespace {

constexpr Duration connect_limit = 5s;
constexpr Duration statement_limit = 10s;

struct LocalLog {
  std::optional<LocalEnd> end;
  std::optional<std::uint64_t> system_identifier;
  std::string problem;  // why the end is not known; empty: it is
};

LocalLog unknown(const std::string& problem) {
  return {std::nullopt, std::nullopt, problem};
}

Result<WalPosition> replayed(const DataWork& data) {
  BlockingSession session(local_conninfo(data.setup), connect_limit);
  const auto set =
      first_set_of(session.ask({"SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.pg_last_wal_replay_lsn()"},
                               statement_limit, data.work.stop));
  if (!set) return tl::make_unexpected(set.error());
  if (set->rows.size() != 1) return fail(ErrorKind::invalid, "the local server did not say its position");
  std::optional<std::string> problem;
  RowReader row(set->rows.front(), problem);
  const bool recovers = row.flag();
  const auto position = row.position();
  if (problem) return fail(ErrorKind::invalid, "the local server's position " + *problem);
  if (!recovers) return fail(ErrorKind::invalid, "the local server is no standby");
  if (!position) return fail(ErrorKind::unavailable, "the local server has not replayed anything yet");
  return *position;
}

// pg_hba.conf may let the superuser replicate, or the replication user by the address that the others use.
Result<SystemIdentity> own_identity(const DataWork& data) {
  auto identity = identity_of(data, local_conninfo(data.setup));
  if (identity) return identity;
  const HostPort& address = data.setup.config.postgres.connect_address;
  const Upstream self{data.setup.config.name, address.host, address.port, {}};
  return identity_of(data, member_conninfo(data.setup, self, LoginAs::replication));
}

// Only a replication connection tells the timeline that is replayed; pg_control's may be an older one.
LocalLog of_running(const DataWork& data) {
  const auto before = own_identity(data);
  if (!before) return unknown(before.error().message);
  const auto position = replayed(data);
  if (!position) return unknown(position.error().message);
  const auto after = own_identity(data);
  if (!after) return unknown(after.error().message);
  if (after->timeline != before->timeline) return unknown("the local server has just changed its timeline");
  return {LocalEnd{true, after->timeline, *position, std::nullopt}, after->system_identifier, {}};
}

// A copy that nobody has started yet: pg_control is of the server that it was made from. It holds what the cluster had,
// from the label's position on.
std::optional<LocalEnd> end_of_copy(const std::string& data_dir) {
  const auto text = read_small_file(data_dir + "/backup_label");
  if (!text) return std::nullopt;
  const BackupLabel label = parse_backup_label(*text);
  if (!label.start || !label.timeline) return std::nullopt;
  return LocalEnd{true, *label.timeline, *label.start, std::nullopt};
}

LocalLog of_stopped(const DataWork& data) {
  const DataLook look = data.directory.look();
  if (look.state != DataState::valid)
    return unknown(look.problem.empty() ? data.directory.path() + " is " + name_of(look.state)
                                        : look.problem);
  const auto control = data.tools.control_data(data.directory.path(), data.work.stop);
  if (!control) return unknown(control.error().message);
  if (control->is_damaged) return unknown("the control file is damaged");
  LocalLog log{end_of_copy(data.directory.path()), control->system_identifier, {}};
  if (log.end) return log;
  log.end = local_end_of(*control);
  if (!log.end) {
    log.problem = "the server was not shut down in good order";
  } else if (!log.end->was_standby) {
    const auto end = data.tools.checkpoint_end(data.directory.path(), log.end->timeline, log.end->position,
                                               data.work.stop);
    if (end) log.end->checkpoint_end = *end;
  }
  return log;
}

ha::Divergence divergence_of(RewindNeed need) {
  switch (need) {
    case RewindNeed::not_needed:
      return ha::Divergence::none;
    case RewindNeed::needed:
      return ha::Divergence::diverged;
    case RewindNeed::cannot_know:
      break;
  }
  return ha::Divergence::cannot_know;
}

}  // namespace

ha::ActionResult act_check_divergence(const ActionWork& work) {
  const DataWork data(work);
  const Upstream& leader = work.context.from.is_set() ? work.context.from : work.context.leader;
  ha::ActionResult result{ha::ActionResult::Outcome::done, ha::Divergence::cannot_know, {}};
  if (!leader.is_set()) {
    result.words = "nobody knows where the leader's server is";
    return result;
  }
  const LocalLog local = nothing_runs(work) ? of_stopped(data) : of_running(data);
  const LeaderAnswers answers = ask_leader(data, leader);
  if (work.stop.stop_requested()) {
    return ended(work, fail(ErrorKind::closed, "the comparison of histories was cancelled"));
  }
  if (local.system_identifier && answers.system_identifier &&
      *local.system_identifier != *answers.system_identifier) {
    // Its data are not the cluster's: nobody may rewind or replace them because of what is found here.
    result.words =
        fmt::format("the local data are of the system {}, and those of {} of {}: they cannot be compared",
                    *local.system_identifier, leader.name, *answers.system_identifier);
    return result;
  }
  if (const auto whole = not_half_rewound(data.directory); !whole) {
    result.divergence = ha::Divergence::diverged;
    result.words = whole.error().message;
    return result;
  }
  const RewindCheck check = rewind_check(local.end, answers.log);
  result.divergence = divergence_of(check.need);
  result.words = describe(check, local.end, answers.log);
  if (result.divergence == ha::Divergence::cannot_know) {
    for (const std::string& problem : {local.problem, answers.problem}) {
      if (!problem.empty()) result.words += "; " + problem;
    }
  }
  return result;
}

}  // namespace tamada::agent
