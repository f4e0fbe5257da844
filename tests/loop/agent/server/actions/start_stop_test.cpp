// Starting, stopping and restarting a real server through a real guard.
#include "tests/loop/agent/server/actions/actions_fixture.h"

namespace tamada::agent {
namespace {

using ha::ActionKind;
using patroni::ServerState;

TEST_CASE_METHOD(ActionsFixture, "a primary starts only while the guard holds the lock's deadline",
                 "[actions]") {
  const ha::ActionResult refused = run(ActionKind::start_primary);
  CHECK(refused.outcome == Outcome::failed);
  CHECK(status().process.kind == guard::ProcessKind::none);
  CHECK(states.back() == ServerState::start_failed);
  hold_lock();
  must_run(ActionKind::start_primary);
  CHECK(sql("select pg_is_in_recovery()") == "f");
  CHECK(states.back() == std::nullopt);
  // One that runs is not started a second time.
  CHECK(run(ActionKind::start_primary).outcome == Outcome::failed);
  CHECK(sql("select 1") == "1");
}

TEST_CASE_METHOD(ActionsFixture, "a fast stop leaves a server that was shut down, after the script",
                 "[actions]") {
  config.postgres.shared.before_stop = "/bin/sh -c 'echo stopping > " + (folder / "stopped") + "; exit 3'";
  hold_lock();
  must_run(ActionKind::start_primary);
  must_run(ActionKind::stop_fast);
  CHECK(left() == 0);
  CHECK(control_state() == ClusterState::shut_down);
  CHECK(std::filesystem::exists(folder / "stopped"));
  CHECK(has_said("before_stop"));
  CHECK(states.back() == ServerState::stopped);
  // Nothing is there to be stopped.
  must_run(ActionKind::stop_fast);
}

TEST_CASE_METHOD(ActionsFixture, "a fast stop that takes longer than primary_stop_timeout is cut short",
                 "[actions]") {
  hold_lock();
  must_run(ActionKind::start_primary);
  stop_process(session("select pg_sleep(1000)"));
  ActionContext with = context();
  with.stop_limit = 1s;
  const TimePoint begun = loop::boot_now();
  CHECK(run(ActionKind::stop_fast, with).outcome == Outcome::done);
  CHECK(loop::boot_now() - begun >= 1s);
  CHECK(left() == 0);
  CHECK(control_state() == ClusterState::in_production);
  CHECK(has_said("Timeout during postmaster stop, aborting Postgres."));
}

TEST_CASE_METHOD(ActionsFixture, "a checkpoint comes before a fast stop where it was asked for",
                 "[actions]") {
  const bool is_asked_for = GENERATE(false, true);
  for (const auto& [name, value] : {std::pair("log_checkpoints", "on"), std::pair("logging_collector", "on"),
                                    std::pair("log_filename", "server.log")}) {
    config.postgres.parameters.emplace(name, value);
  }
  config.postgres.parameters.emplace("log_directory", folder.path());
  hold_lock();
  must_run(ActionKind::start_primary);
  ha::Action stop;
  stop.kind = ActionKind::stop_fast;
  stop.makes_checkpoint = is_asked_for;
  begin(stop, context());
  REQUIRE(end().outcome == Outcome::done);
  const std::string log = read_small_file(folder / "server.log").value_or("");
  CHECK((log.find("checkpoint starting: immediate force wait") != std::string::npos) == is_asked_for);
  CHECK(log.find("checkpoint starting: shutdown immediate") != std::string::npos);
}

TEST_CASE_METHOD(ActionsFixture, "an immediate stop ends every process", "[actions]") {
  hold_lock();
  must_run(ActionKind::start_primary);
  // A backend that stands still does not hear of it.
  stop_process(session("select pg_sleep(1000)"));
  must_run(ActionKind::stop_immediate);
  CHECK(left() == 0);
  CHECK(control_state() == ClusterState::in_production);
}

TEST_CASE_METHOD(ActionsFixture, "a restart brings a server back as what it was", "[actions]") {
  hold_lock();
  must_run(ActionKind::start_primary);
  const pid_t before = status().process.pid;
  must_run(ActionKind::restart);
  CHECK(status().process.pid != before);
  CHECK(sql("select pg_is_in_recovery()") == "f");
  CHECK(states.front() == ServerState::starting);
  CHECK(std::count(states.begin(), states.end(), std::optional(ServerState::restarting)) > 0);
  CHECK(std::count(states.begin(), states.end(), std::optional(ServerState::stopping)) == 0);

  // Nobody stops a primary that could not be started again.
  ActionContext other = context();
  other.epoch = guard::newer;
  const pid_t now = status().process.pid;
  CHECK(run(ActionKind::restart, other).outcome == Outcome::failed);
  CHECK(status().process.pid == now);

  REQUIRE(answer([&](auto then) {
            client().disarm(guard::mine, guard::DisarmReason::paused, then);
          }).outcome == guard::Outcome::done);
  ActionContext paused = context();
  paused.is_paused = true;
  CHECK(run(ActionKind::restart, paused).outcome == Outcome::done);
  CHECK(status().process.pid != now);

  must_run(ActionKind::stop_fast);
  must_run(ActionKind::start_standby);
  must_run(ActionKind::restart);
  CHECK(is_in_recovery());
}

TEST_CASE_METHOD(ActionsFixture, "a start that fails tells why", "[actions]") {
  const std::string base = data + "/postgresql.conf";
  std::filesystem::copy_file(base, folder / "good");
  std::ofstream(base, std::ios::app) << "work_mem = 'as much as there is'\n";
  const ha::ActionResult failed = run(ActionKind::start_standby);
  CHECK(failed.outcome == Outcome::failed);
  INFO(failed.words);
  CHECK(failed.words.find("status 1") != std::string::npos);
  CHECK(failed.words.find("work_mem") != std::string::npos);
  CHECK(states.back() == ServerState::start_failed);
  // There is no such program.
  config.postgres.shared.bin_dir = "/nowhere";
  CHECK(run(ActionKind::start_standby).outcome == Outcome::failed);
  config.postgres.shared.bin_dir = bin_dir;
  std::filesystem::copy_file(folder / "good", data + "/postgresql.base.conf",
                             std::filesystem::copy_options::overwrite_existing);
  must_run(ActionKind::start_standby);
}

TEST_CASE_METHOD(ActionsFixture,
                 "a stale postmaster.pid with somebody else's number keeps nobody from starting",
                 "[actions]") {
  const pid_t stranger = postgres::spawn({"/bin/sleep", "1000"}, folder / "log");
  others.push_back(stranger);
  std::ofstream(data + "/postmaster.pid") << stranger << "\n" << data << "\n1\n5432\n\n\n";
  must_run(ActionKind::start_standby);
  CHECK_FALSE(is_gone(stranger));
}

TEST_CASE_METHOD(ActionsFixture,
                 "a standby is not led away by an archive's history of a timeline that was given up",
                 "[actions]") {
  const postgres::PostgresProcess leader;
  std::ofstream(folder / "00000002.history") << "1\t0/1000000\tgiven up\n";
  config.postgres.shared.recovery_conf["restore_command"] = "cp " + folder.path() + "/%f %p";
  ActionContext with = context();
  with.from = {
      "leader", leader.by_socket().at("host"), static_cast<std::uint16_t>(std::stoi(leader.port())), {}};
  const ha::ActionResult got = run(ActionKind::start_standby, with);
  INFO(got.words);
  REQUIRE(got.outcome == Outcome::done);
  CHECK(run_until([this] { return sql("select count(*) from pg_stat_wal_receiver") == "1"; }, 30s));
  CHECK(sql("show recovery_target_timeline") == "1");
  CHECK(has_said("timeline 2"));
  // Without it the server follows whatever promotion comes.
  std::filesystem::remove(folder / "00000002.history");
  must_run(ActionKind::stop_fast);
  CHECK(run(ActionKind::start_standby, with).outcome == Outcome::done);
  CHECK(sql("show recovery_target_timeline") == "latest");
}

// Its recovery goes on for as long as the command does that it asks for WAL.
class EndlessStart : public ActionsFixture {
 public:
  EndlessStart() {
    const std::string goes_on = folder / "goes_on";
    std::ofstream(goes_on).close();
    config.postgres.shared.recovery_conf["restore_command"] =
        "while test -e " + goes_on + "; do sleep 0.1; done; exit 1";
    begin(ActionKind::start_standby, context());
    REQUIRE(run_until([this] { return status().process.kind == guard::ProcessKind::postmaster; }, 30s));
  }
};

TEST_CASE_METHOD(EndlessStart, "a start that is cancelled ends the server", "[actions]") {
  CHECK(runner->is_running());
  runner->cancel(last_id + 1);  // another action's
  run_for(200ms);
  CHECK_FALSE(result.has_value());
  runner->cancel(last_id);
  CHECK(end().outcome == Outcome::cancelled);
  CHECK_FALSE(runner->is_running());
  CHECK(left() == 0);
  CHECK(status().process.kind == guard::ProcessKind::none);
}

TEST_CASE_METHOD(EndlessStart, "an agent that ends leaves the server that it was starting", "[actions]") {
  runner.reset();
  run_for(500ms);
  CHECK_FALSE(result.has_value());
  CHECK(status().process.kind == guard::ProcessKind::postmaster);
  CHECK(left() > 0);
}

TEST_CASE_METHOD(EndlessStart, "a standby that goes on recovering has been started well", "[actions]") {
  CHECK(end().outcome == Outcome::done);
  CHECK(status().process.kind == guard::ProcessKind::postmaster);
  must_run(ActionKind::stop_fast);
  CHECK(left() == 0);
}

TEST_CASE_METHOD(ActionsFixture, "a receiver of WAL that is no member does not keep a server from stopping",
                 "[actions]") {
  hold_lock();
  must_run(ActionKind::start_primary);
  const pid_t receiver = postgres::spawn(
      {postgres::programs + "pg_receivewal", "-D", folder.path(), "-h", folder.path(), "-U", "postgres"},
      folder / "log");
  others.push_back(receiver);
  REQUIRE(run_until(
      [this] { return sql("select count(*) from pg_stat_replication where state = 'streaming'") == "1"; },
      30s));
  stop_process(receiver);
  sql("create table t (n int)");
  ActionContext known = context();
  known.members = {"node1", "node2"};
  CHECK(run(ActionKind::stop_fast, known).outcome == Outcome::done);
  CHECK(left() == 0);
  CHECK(control_state() == ClusterState::shut_down);
  CHECK(has_said("pg_receivewal"));
}

}  // namespace
}  // namespace tamada::agent
