#include "agent/server/actions/target_timeline.h"

#include <fmt/format.h>
#include <unistd.h>

#include <string>

#include "agent/postgres/blocking_session.h"
#include "agent/postgres/formats/shell_words.h"
#include "agent/postgres/formats/timeline_history.h"
#include "agent/postgres/server_commands.h"
#include "agent/server/actions/action_tools.h"
#include "agent/server/actions/data_work.h"
#include "agent/server/actions/timeline_reservation.h"
#include "agent/server/settings/server_files.h"
#include "common/files/small_file.h"
#include "common/files/state_file.h"

namespace tamada::agent {

namespace {

constexpr Duration connect_limit = 3s;
constexpr Duration statement_limit = 5s;
constexpr Duration archive_limit = 10s;
constexpr const char* looked_for = "pg_wal/tamada.history";

postgres::Conninfo replication_login(const ServerSetup& setup, const Upstream& leader) {
  postgres::Conninfo login = member_conninfo(setup, leader, LoginAs::replication);
  login["replication"] = "true";
  return login;
}

// Has the archive a history of this timeline? Where it does not answer, nothing is known, and nothing is done.
bool is_archived(const ActionWork& work, const std::string& data_dir, Timeline timeline) {
  const std::string restore = configured_setting(*work.context.setup, "restore_command");
  if (restore.empty()) return false;
  const std::string command = expand_archive_command(
      restore, {looked_for, timeline_history_name(timeline), "000000010000000000000001"});
  // As the server runs it: through a shell, in the data directory.
  const ToolRun run{{"/bin/sh", {"sh", "-c", command}, server_environment(own_variables()), data_dir},
                    archive_limit,
                    {},
                    {}};
  const std::string path = data_dir + "/" + looked_for;
  ::unlink(path.c_str());
  const bool has_succeeded = work.changing.run(run, work.stop).is_success();
  // Gone, so that it is nobody's later; and it was there.
  return ::unlink(path.c_str()) == 0 && has_succeeded;
}

Result<void> fetch_history(const ActionWork& work, BlockingSession& leader, const std::string& path,
                           Timeline timeline) {
  auto answer = leader.ask(timeline_history(timeline), statement_limit, work.stop);
  if (auto understood = parse_history_answer(answer); !understood) {
    return tl::make_unexpected(std::move(understood.error()));
  }
  return replace_file(path, answer->front().rows.front().back().value_or(std::string()));
}

}  // namespace

Timeline target_timeline(const ActionWork& work, const StartPlan& plan) {
  const ServerSetup& setup = *work.context.setup;
  const Upstream& leader = work.context.leader.is_set() ? work.context.leader : plan.upstream;
  if (!plan.is_standby || !plan.upstream.is_set() || !leader.is_set()) return 0;
  const std::string data_dir = config_places(setup).data_dir;
  BlockingSession session(replication_login(setup, leader), connect_limit);
  const auto identity = parse_system_identity(session.ask(identify_system(), statement_limit, work.stop));
  if (!identity) return 0;
  const Timeline own = identity->timeline;
  if (!has_true_history(data_dir, own + 1) && !is_archived(work, data_dir, own + 1)) return 0;
  work.tell(fmt::format(
                "there is a history of timeline {}, which is not the leader's: this server keeps to timeline "
                "{} until it is started again",
                own + 1, own),
            true);
  const std::string path = data_dir + "/pg_wal/" + timeline_history_name(own);
  if (own > 1 && ::access(path.c_str(), F_OK) != 0) {
    const auto fetched = fetch_history(work, session, path, own);
    if (!fetched) work.tell(fetched.error().message, true);
  }
  return own;
}

}  // namespace tamada::agent
