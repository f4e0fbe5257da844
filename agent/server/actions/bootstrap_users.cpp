// The users of a new cluster, and people's own script in between.
#include <fmt/format.h>

#include "agent/postgres/blocking_session.h"
#include "agent/postgres/server_commands.h"
#include "agent/server/actions/action_tools.h"
#include "agent/server/actions/bootstrap_steps.h"

namespace tamada::agent {

namespace {

constexpr Duration statement_limit = 60s;
constexpr Duration connect_limit = 10s;
constexpr Duration look_interval = 1s;

WantedUser wanted_user(const DatabaseUser& user) {
  WantedUser wanted;
  wanted.name = user.username;
  if (!user.password.empty()) wanted.password = user.password;
  return wanted;
}

Result<void> run(const DataWork& data, BlockingSession& session, postgres::Statement statement,
                 const std::string& what) {
  const auto answer = session.ask(std::move(statement), statement_limit, data.work.stop);
  if (answer) return {};
  return fail(answer.error().error.kind, what + ": " + answer.error().error.message);
}

Result<void> set_user(const DataWork& data, BlockingSession& session, const WantedUser& user) {
  return run(data, session, create_user(user), "make the user " + user.name);
}

// Patroni's words on how a script is called: the server's connection string is its last argument.
Result<void> run_script(const DataWork& data, const postgres::Conninfo& local) {
  const std::string& command = data.setup.config.bootstrap.post_bootstrap;
  if (command.empty()) return {};
  const auto passwords = ToolPasswords::write(data.setup, {local});
  if (!passwords) return tl::make_unexpected(passwords.error());
  EnvironmentVariables environment = own_variables();
  if (!passwords->path().empty()) environment["PGPASSFILE"] = passwords->path();
  // There is no synchronous standby yet, and a restore may take its time.
  environment["PGOPTIONS"] = "-c synchronous_commit=local -c statement_timeout=0";
  auto call = method_call(environment, {command, {}});
  if (!call) return tl::make_unexpected(std::move(call.error()));
  call->program = found_in_path(call->program, environment);
  call->arguments.push_back(tool_conninfo(local, {}));
  // Beside the server, which is what the guard runs now.
  const ToolRun run{*std::move(call), std::nullopt, {}, {}};
  auto done = success_of(run, data.work.looking.run(run, data.work.stop));
  if (!done) done.error().message = "post_bootstrap: " + done.error().message;
  return done;
}

}  // namespace

Result<void> wait_until_writable(const DataWork& data) {
  // A standby that has not come far enough refuses sessions; what its process does is the guard's to tell.
  std::string problem = "the server does not say whether it recovers";
  do {
    BlockingSession session(local_conninfo(data.setup), connect_limit);
    const auto set =
        first_set_of(session.ask({"SELECT pg_catalog.pg_is_in_recovery()"}, statement_limit, data.work.stop));
    if (set && set->rows.size() == 1 && set->rows[0][0] == "f") return {};
    if (!set) problem = set.error().message;
    if (nothing_runs(data.work))
      return fail(ErrorKind::unavailable, "the server ended before it was out of recovery: " + problem);
  } while (wait_for(look_interval, data.work.stop));
  return fail(ErrorKind::closed, "the action was cancelled while the server recovered");
}

Result<void> finish_first_server(const DataWork& data) {
  const PostgresConfig& config = data.setup.config.postgres;
  const postgres::Conninfo local = local_conninfo(data.setup);
  const auto has_users = [&config](const DatabaseUser& user) {
    return !user.username.empty() && user.username != config.superuser.username;
  };
  // A custom method's data has other passwords.
  if (!config.superuser.username.empty() && !config.superuser.password.empty()) {
    BlockingSession session(local, connect_limit);
    WantedUser superuser = wanted_user(config.superuser);
    superuser.is_superuser = true;
    if (auto set = set_user(data, session, superuser); !set) return set;
  }
  if (auto called = run_script(data, local); !called) return called;

  BlockingSession session(local, connect_limit);
  if (has_users(config.replication)) {
    WantedUser replication = wanted_user(config.replication);
    replication.is_replication = true;
    if (auto set = set_user(data, session, replication); !set) return set;
  }
  if (!config.rewind || !has_users(*config.rewind)) return {};
  if (config.rewind->username != config.replication.username) {
    if (auto set = set_user(data, session, wanted_user(*config.rewind)); !set) return set;
  }
  return run(data, session, grant_rewind(config.rewind->username), "let the rewind user read the files");
}

}  // namespace tamada::agent
