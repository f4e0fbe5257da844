#include "agent/server/actions/leader_questions.h"

#include <fmt/format.h>

#include "agent/postgres/blocking_session.h"
#include "common/loop/clock.h"

namespace tamada::agent {

namespace {

constexpr Duration connect_limit = 5s;
constexpr Duration statement_limit = 10s;
constexpr Duration checkpoint_limit = 10min;
constexpr Duration look_interval = 1s;

postgres::Conninfo for_replication(postgres::Conninfo login) {
  login["replication"] = "true";
  return login;
}

// One row with one cell.
Result<bool> flag_of(BlockingSession& session, const char* sql, const std::stop_token& stop) {
  const auto set = first_set_of(session.ask({sql}, statement_limit, stop));
  if (!set) return tl::make_unexpected(set.error());
  if (set->rows.size() != 1 || set->rows[0].size() != 1 || !set->rows[0][0])
    return fail(ErrorKind::invalid, "the leader's answer has another form than asked for");
  return *set->rows[0][0] == "t";
}

Result<bool> is_in_recovery(const DataWork& data, const Upstream& leader) {
  BlockingSession session(member_conninfo(data.setup, leader, LoginAs::rewind), connect_limit);
  return flag_of(session, "SELECT pg_catalog.pg_is_in_recovery()", data.work.stop);
}

// Does the control file know the timeline that is written?
Result<bool> has_checkpointed(const DataWork& data, const Upstream& leader) {
  BlockingSession session(member_conninfo(data.setup, leader, LoginAs::rewind), connect_limit);
  return flag_of(session,
                 "SELECT timeline_id = ('x' || pg_catalog.substr(pg_catalog.pg_walfile_name("
                 "pg_catalog.pg_current_wal_lsn()), 1, 8))::bit(32)::bigint"
                 " FROM pg_catalog.pg_control_checkpoint()",
                 data.work.stop);
}

Result<void> ask_for_checkpoint(const DataWork& data, const Upstream& leader) {
  data.tell(
      fmt::format("asking {} for a checkpoint, which its promotion has not been followed by", leader.name));
  BlockingSession session(member_conninfo(data.setup, leader, LoginAs::superuser), connect_limit);
  const auto answer = session.ask(checkpoint(), checkpoint_limit, data.work.stop);
  if (answer) return {};
  return tl::make_unexpected(answer.error().error);
}

Result<void> is_fit(const DataWork& data, const Upstream& leader) {
  const auto recovers = is_in_recovery(data, leader);
  if (!recovers) return tl::make_unexpected(recovers.error());
  if (*recovers) return fail(ErrorKind::unavailable, leader.name + " is still in recovery");
  const auto checkpointed = has_checkpointed(data, leader);
  if (!checkpointed) return tl::make_unexpected(checkpointed.error());
  return *checkpointed ? Result<void>() : ask_for_checkpoint(data, leader);
}

}  // namespace

Result<SystemIdentity> identity_of(const DataWork& data, const postgres::Conninfo& login) {
  BlockingSession session(for_replication(login), connect_limit);
  return parse_system_identity(session.ask(identify_system(), statement_limit, data.work.stop));
}

LeaderAnswers ask_leader(const DataWork& data, const Upstream& leader) {
  LeaderAnswers answers;
  const auto recovers = is_in_recovery(data, leader);
  if (!recovers) {
    answers.problem = recovers.error().message;
    return answers;
  }
  answers.log.is_in_recovery = *recovers;
  if (*recovers) return answers;
  BlockingSession session(for_replication(member_conninfo(data.setup, leader, LoginAs::replication)),
                          connect_limit);
  const auto identity =
      parse_system_identity(session.ask(identify_system(), statement_limit, data.work.stop));
  if (!identity) {
    answers.problem = identity.error().message;
    return answers;
  }
  answers.system_identifier = identity->system_identifier;
  answers.log.timeline = identity->timeline;
  if (identity->timeline <= 1) return answers;
  auto history = parse_history_answer(
      session.ask(timeline_history(identity->timeline), statement_limit, data.work.stop));
  if (history)
    answers.log.history = *std::move(history);
  else
    answers.problem = history.error().message;
  return answers;
}

Result<void> wait_until_fit(const DataWork& data, const Upstream& leader, Duration limit) {
  const TimePoint deadline = loop::boot_now() + limit;
  Result<void> fit = is_fit(data, leader);
  while (!fit && loop::boot_now() < deadline && wait_for(look_interval, data.work.stop))
    fit = is_fit(data, leader);
  return fit;
}

}  // namespace tamada::agent
