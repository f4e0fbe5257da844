// Promotions of a real standby through a real guard.
#include "tests/loop/agent/server/actions/actions_fixture.h"

namespace tamada::agent {
namespace {

using ha::ActionKind;

class StandbyFixture : public ActionsFixture {
 public:
  StandbyFixture() { must_run(ActionKind::start_standby); }
};

TEST_CASE_METHOD(StandbyFixture,
                 "a standby is promoted under the lock, with the synchronous standbys in force",
                 "[actions]") {
  CHECK(is_in_recovery());
  config.postgres.shared.pre_promote = "/bin/sh -c 'echo promoting > " + (folder / "promoted") + "'";
  hold_lock();
  ActionContext with = context();
  with.wanted.synchronous_standbys = {"node2"};
  words.clear();
  // Others may have begun 2 and 3.
  const ha::ActionResult got = run(ActionKind::promote, with, 4);
  INFO(got.words);
  REQUIRE(got.outcome == Outcome::done);
  CHECK(sql("select pg_is_in_recovery()") == "f");
  CHECK(sql("show synchronous_standby_names") == "node2");
  CHECK(std::filesystem::exists(folder / "promoted"));
  CHECK(sql("select substr(pg_walfile_name(pg_current_wal_lsn()), 8, 1)") == "4");
  // Its standbys fetch the history of each.
  CHECK(has_file("pg_wal/00000002.history"));
  CHECK(has_file("pg_wal/00000003.history"));
  CHECK(words.empty());
  // They mislead no start, neither of a standby nor of a primary.
  must_run(ActionKind::stop_immediate);
  must_run(ActionKind::start_standby);
  CHECK(is_in_recovery());
  CHECK(has_file("pg_wal/00000003.history"));
}

TEST_CASE_METHOD(StandbyFixture, "standbys follow over timelines that nobody here had", "[actions]") {
  // Another standby of the same cluster, which the guard knows nothing of.
  const std::string second = folder / "second";
  postgres::run_as_postgres({"/bin/cp", "-a", postgres::pristine_data(), second}, folder / "log");
  std::ofstream(second + "/standby.signal").close();
  std::ofstream(second + "/postgresql.auto.conf")
      << "listen_addresses = ''\nport = 5433\nunix_socket_directories = '" << folder.path()
      << "'\nfsync = off\nshared_buffers = 16MB\nprimary_conninfo = 'host=" << folder.path()
      << " port=5432 user=postgres'\n";
  const pid_t standby = postgres::spawn({postgres::programs + "postgres", "-D", second}, folder / "log");
  const auto ask = [&](const std::string& text) {
    const std::string out = folder / "second.out";
    std::ofstream(out).close();
    const pid_t asking = postgres::spawn({postgres::programs + "psql", "-XAtq", "-h", folder.path(), "-p",
                                          "5433", "-U", "postgres", "-c", text},
                                         out);
    waitpid(asking, nullptr, 0);
    std::string line;
    std::ifstream in(out);
    std::getline(in, line);
    return line;
  };
  hold_lock();
  const ha::ActionResult got = run(ActionKind::promote, context(), 4);
  INFO(got.words);
  CHECK(got.outcome == Outcome::done);
  sql("create table t as select 7 as n");
  CHECK(run_until([&] { return ask("select n from t") == "7"; }, 60s));
  CHECK(ask("select received_tli from pg_stat_wal_receiver") == "4");
  CHECK(std::filesystem::exists(second + "/pg_wal/00000003.history"));
  ::kill(standby, SIGQUIT);
  waitpid(standby, nullptr, 0);
}

TEST_CASE_METHOD(StandbyFixture, "nobody is promoted without the deadline of the lock", "[actions]") {
  const auto refused = [this](const ActionContext& with) {
    const bool is_refused = run(ActionKind::promote, with, 3).outcome == Outcome::failed;
    return is_refused && is_in_recovery() && !has_file("promote") && !has_file("pg_wal/00000002.history");
  };
  CHECK(refused(context()));  // not armed
  ActionContext paused = context();
  paused.is_paused = true;
  paused.lease_end = loop::boot_now() + guard::fence_margin;
  CHECK(refused(paused));  // too late
  hold_lock();
  ActionContext other = context();
  other.epoch = guard::newer;
  CHECK(refused(other));
  ActionContext nobody = context();
  nobody.epoch.reset();
  CHECK(refused(nobody));
  config.postgres.shared.pre_promote = "/bin/false";
  CHECK(refused(context()));
  config.postgres.shared.pre_promote.clear();
  // The way it would have been:
  CHECK(run(ActionKind::promote, context(), 2).outcome == Outcome::done);
}

TEST_CASE_METHOD(StandbyFixture, "a promotion whose script still runs is cancelled", "[actions]") {
  hold_lock();
  config.postgres.shared.pre_promote = "/bin/sh -c 'echo $$ > " + (folder / "pid") + "; exec sleep 1000'";
  begin(ActionKind::promote, context(), 2);
  pid_t script = 0;
  REQUIRE(run_until([&] { return (std::ifstream(folder / "pid") >> script) && script > 0; }, 30s));
  runner->cancel(last_id);
  CHECK(end().outcome == Outcome::cancelled);
  CHECK(is_gone(script));
  CHECK(is_in_recovery());
}

TEST_CASE_METHOD(StandbyFixture, "a promotion that the server has not begun is called off", "[actions]") {
  hold_lock();
  begin(ActionKind::promote, context(), 3);
  // Before the file is there the settings have been read; then the server stands still.
  const pid_t postmaster = status().process.pid;
  const pid_t startup =
      std::stoi("0" + sql("select pid from pg_stat_activity where backend_type = 'startup'"));
  stop_process(startup);
  REQUIRE(run_until([this] { return status().promotion.stage == guard::PromotionStage::done; }, 60s));
  CHECK(has_file("promote"));
  runner->cancel(last_id);
  CHECK(end().outcome == Outcome::cancelled);
  CHECK_FALSE(has_file("promote"));
  CHECK_FALSE(has_file("pg_wal/00000002.history"));
  ::kill(startup, SIGCONT);
  run_for(500ms);
  CHECK(status().process.pid == postmaster);
  CHECK(is_in_recovery());
}

TEST_CASE_METHOD(StandbyFixture, "a promotion that has begun ends with the server when it is cancelled",
                 "[actions]") {
  hold_lock();
  begin(ActionKind::promote, context(), 2);
  const pid_t startup =
      std::stoi("0" + sql("select pid from pg_stat_activity where backend_type = 'startup'"));
  stop_process(startup);
  REQUIRE(run_until([this] { return status().promotion.stage == guard::PromotionStage::done; }, 60s));
  // As the server does when it begins.
  std::filesystem::remove(data + "/promote");
  runner->cancel(last_id);
  CHECK(end().outcome == Outcome::cancelled);
  CHECK(left() == 0);
}

}  // namespace
}  // namespace tamada::agent
