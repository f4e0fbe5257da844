// The first server of a cluster, made by initdb or by a method of people's own.
#include "tests/loop/agent/server/actions/data/data_fixture.h"

namespace tamada::agent {
namespace {

std::string content(const std::string& path) {
  return read_small_file(path).value_or("");
}

TEST_CASE_METHOD(DataFixture, "initdb makes a server that only the agent is let into", "[bootstrap]") {
  config.bootstrap.pg_hba = {"host all all 10.1.2.3/32 scram-sha-256"};
  config.postgres.rewind = DatabaseUser{"rewinder", "re'wind", {}};
  // What psql writes shows whether it could log in, with which settings.
  config.bootstrap.post_bootstrap =
      "/bin/sh -c 'echo \"$0\" > " + (folder / "dsn") + "; " + bin_dir +
      "/psql -wXAt -d \"$0\" -c \"create table made (); show synchronous_commit\" > " + (folder / "said") +
      "'";
  must_run(ActionKind::bootstrap);
  CHECK(states.front() == ServerState::initializing);
  CHECK(states.back() == std::nullopt);
  CHECK(content(folder / "dsn") == "dbname=postgres user=postgres host=" + folder.path() + " port=5432\n");
  CHECK(content(folder / "said").find("local\n") != std::string::npos);
  CHECK(ask("SELECT pg_is_in_recovery()") == "f");
  CHECK(ask("SHOW data_checksums") == "on");
  CHECK(ask("SELECT count(*) FROM made") == "0");
  CHECK(ask("SELECT rolreplication::text FROM pg_roles WHERE rolname = 'replicator'") == "true");
  CHECK(ask("SELECT has_function_privilege('rewinder', 'pg_read_binary_file(text)', 'execute')::text") ==
        "true");
  // Others are not, and neither is the superuser without its password.
  for (const char* user : {"replicator", "postgres"}) {
    postgres::Conninfo other = local_conninfo(*setup());
    other["user"] = user;
    other["password"] = std::string(user) == "postgres" ? "wrong" : replication_password;
    BlockingSession session(other, 10s);
    CHECK_FALSE(session.ask({"SELECT 1"}, 10s));
  }
  must(ConfigFiles(config_places(*setup())).open_host_rules());
  CHECK(content(data + "/pg_hba.conf").find("10.1.2.3/32") != std::string::npos);
  // Nothing with a password, or half made, is left.
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    const std::string name = entry.path().filename();
    CHECK(name.find(".tools") == std::string::npos);
    CHECK(name.find("clone") == std::string::npos);
    CHECK(name.find("pwfile") == std::string::npos);
  }
  // It is not made over what is there.
  CHECK(run(ActionKind::bootstrap).outcome == Outcome::failed);
  CHECK(ask("SELECT 1") == "1");
}

TEST_CASE_METHOD(DataFixture, "a bootstrap that fails is moved aside, and the next try finds nothing",
                 "[bootstrap]") {
  config.bootstrap.post_bootstrap = "/bin/sh -c 'echo no luck >&2; exit 3'";
  const ha::ActionResult failed = run(ActionKind::bootstrap);
  CHECK(failed.outcome == Outcome::failed);
  CHECK(failed.words.find("no luck") != std::string::npos);
  CHECK(std::count(states.begin(), states.end(), std::optional(ServerState::initialization_failed)) == 1);
  CHECK(left() == 0);
  CHECK_FALSE(exists("data"));
  CHECK(exists("data.failed/PG_VERSION"));

  // Cancelled while the script waits.
  config.bootstrap.post_bootstrap = "/bin/sh -c 'touch " + (folder / "waits") + "; exec sleep 600'";
  begin(ActionKind::bootstrap, context(nullptr));
  REQUIRE(run_until([this] { return exists("waits"); }, 120s));
  runner->cancel(last_id);
  CHECK(end().outcome == Outcome::cancelled);
  CHECK(left() == 0);
  CHECK_FALSE(exists("data"));

  // initdb itself refuses what it does not know.
  config.bootstrap.post_bootstrap.clear();
  config.bootstrap.initdb.push_back({"encoding", "none such"});
  CHECK(run(ActionKind::bootstrap).outcome == Outcome::failed);
  CHECK_FALSE(exists("data.clone"));
  config.bootstrap.initdb.pop_back();
  must_run(ActionKind::bootstrap);

  // Somebody else has made the cluster meanwhile.
  must_run(ActionKind::stop_immediate);
  must_run(ActionKind::set_aside);
  CHECK_FALSE(exists("data"));
  CHECK(exists("data.failed/PG_VERSION"));
}

TEST_CASE_METHOD(DataFixture,
                 "a custom method's data recovers to its target, and has this cluster's passwords",
                 "[bootstrap]") {
  Server source(programs, folder, "source");
  start_leader(source);
  (void)source.sql({"CREATE TABLE t AS SELECT generate_series(1, 1000) AS x"});
  CustomMethod method;
  method.name = "restore";
  method.command = "/bin/sh -c '" + bin_dir + "/pg_basebackup -D \"${2#--datadir=}\" -c fast -h " +
                   folder.path() + " -p " + source.port() + " -U postgres && echo \"$@\" > " +
                   (folder / "called") + "' sh";
  method.recovery_conf = {
      {"restore_command", "false"}, {"recovery_target", "immediate"}, {"recovery_target_action", "promote"}};
  method.arguments = {{"flavour", "fresh"}};
  config.bootstrap.method = "restore";
  config.bootstrap.methods = {method};
  config.postgres.superuser.password = "new";
  must_run(ActionKind::bootstrap);
  CHECK(states.front() == ServerState::custom_bootstrap);
  CHECK(std::count(states.begin(), states.end(), std::optional(ServerState::bootstrap_starting)) == 1);
  CHECK(content(folder / "called") == "--scope=test --datadir=" + data + " --flavour=fresh\n");
  CHECK(ask("SELECT pg_is_in_recovery()") == "f");
  CHECK(ask("SELECT count(*) FROM t") == "1000");
  CHECK(ask("SELECT timeline_id FROM pg_control_checkpoint()") == "2");
  // The password was changed here.
  must(ConfigFiles(config_places(*setup())).open_host_rules());
  CHECK(ask("SELECT pg_reload_conf()") == "t");
  const std::string before =
      must(first_set_of(BlockingSession(source.by_socket(), 10s)
                            .ask({"SELECT rolpassword FROM pg_authid WHERE oid = 10"}, 10s)))
          .rows[0][0]
          .value();
  CHECK(ask("SELECT rolpassword FROM pg_authid WHERE oid = 10") != before);

  // One that says it has done its work, and has not.
  must_run(ActionKind::stop_immediate);
  must_run(ActionKind::set_aside);
  config.bootstrap.methods[0].command =
      "/bin/sh -c 'mkdir \"${2#--datadir=}\"; touch \"${2#--datadir=}/half\"' sh";
  const ha::ActionResult failed = run(ActionKind::bootstrap);
  CHECK(failed.outcome == Outcome::failed);
  CHECK(std::count(states.begin(), states.end(), std::optional(ServerState::custom_bootstrap_failed)) == 1);
  CHECK_FALSE(exists("data/half"));
}

}  // namespace
}  // namespace tamada::agent
