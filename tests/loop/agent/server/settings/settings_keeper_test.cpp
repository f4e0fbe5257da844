// SettingsKeeper against a real server: what is wanted comes to be so, and only what has to change is changed.
#include "tests/loop/agent/server/settings/keeper_fixture.h"

using namespace tamada;
using namespace tamada::agent;

TEST_CASE_METHOD(KeeperFixture, "wanted synchronous standbys, and new settings, reach the server",
                 "[settings_keeper]") {
  start_server({});
  make_keeper();
  keeper->want(setup, synchronous({"node2"}), {});
  run_turns();
  CHECK(shown("synchronous_standby_names").empty());  // nobody has looked yet
  look();
  comes("synchronous_standby_names", "node2");
  CHECK_SOON(rounds > 0);
  CHECK(reloads == 0);
  keeper->want(setup, synchronous({"b", "a"}), {});
  comes("synchronous_standby_names", "2 (a,b)");
  ha::WantedSettings strict = synchronous({});
  strict.wait_for_nobody = true;
  keeper->want(setup, strict, {});
  comes("synchronous_standby_names", nobody_standby);

  // What is in force stays while nobody knows what it should be.
  ha::WantedSettings unknown;
  unknown.keeps_synchronous = true;
  const auto changed = a_setup({{"work_mem", "9MB"}});
  keeper->want(changed, unknown, {});
  comes("work_mem", "9MB");
  CHECK_SOON(reloads == 1);
  CHECK(shown("synchronous_standby_names") == nobody_standby);
  CHECK(problems.empty());
}

TEST_CASE_METHOD(KeeperFixture, "what waits for a restart is told with both values", "[settings_keeper]") {
  start_server({});
  make_keeper();
  keeper->want(setup, {}, {});
  REQUIRE(look_until([this] { return keeper->pending_restart().empty() && rounds == 0; }, 5s));
  keeper->want(a_setup({{"max_connections", 150}, {"shared_buffers", "32MB"}, {"no_such.setting", "1"}}), {},
               {});
  REQUIRE(look_until([this] { return keeper->pending_restart().size() == 2; }));
  CHECK(keeper->pending_restart() ==
        std::vector<patroni::PendingRestart>{{"max_connections", "100", "150"},
                                             {"shared_buffers", "16MB", "32MB"}});
  keeper->want(setup, {}, {});
  CHECK(look_until([this] { return keeper->pending_restart().empty(); }));
  CHECK(problems.empty());
}

TEST_CASE_METHOD(KeeperFixture,
                 "an agent that comes back changes nothing that is right, and mends what is not",
                 "[settings_keeper]") {
  start_server({}, synchronous({"node2"}));
  make_keeper();
  keeper->want(setup, synchronous({"node2"}), {});
  look();
  REQUIRE(run_until([this] { return !keeper->is_writing(); }));
  run_for(200ms);
  look();
  run_for(200ms);
  CHECK(reloads_logged() == 0);

  // It ended between the file and the signal.
  keeper.reset();
  must(write_server_files(*setup, server_files(*setup, {}, synchronous({"node3"}), std::nullopt, "")));
  make_keeper();
  keeper->want(setup, synchronous({"node3"}), {});
  look();
  comes("synchronous_standby_names", "node3");

  // Asked to, it tells the server though nothing changes.
  const int before = reloads_logged();
  keeper->reload();
  look();
  CHECK_SOON(reloads_logged() > before);
  CHECK_SOON(reloads == 1);
  CHECK(problems.empty());
}

TEST_CASE_METHOD(KeeperFixture, "what somebody else wrote is mended, and what cannot be is told",
                 "[settings_keeper]") {
  start_server(standby());
  make_keeper();
  ha::WantedSettings wanted = synchronous({"node2"});
  wanted.follow = "leader";
  keeper->want(setup, wanted, {"leader", "/nowhere", 5432, ""});
  look();
  REQUIRE(
      run_until([this] { return shown("primary_slot_name").empty() && !shown("primary_conninfo").empty(); }));
  const std::string conninfo = shown("primary_conninfo");
  std::ofstream(data + "/postgresql.auto.conf")
      << "primary_conninfo = 'host=/elsewhere'\nsynchronous_standby_names = 'theirs'\n";
  keeper->reload();  // which strips recovery's settings, and nothing else
  CHECK(look_until([&] { return shown("primary_conninfo") == conninfo && problems.size() == 1; }));
  CHECK(shown("synchronous_standby_names") == "theirs");
  CHECK(problems.front() ==
        "the server's synchronous_standby_names is not what stands in its postgresql.conf: something else "
        "sets it");
}

TEST_CASE_METHOD(KeeperFixture, "a standby that takes no connections yet gets its new upstream",
                 "[settings_keeper]") {
  start_server(standby());
  make_keeper();
  ha::WantedSettings wanted;
  wanted.keeps_synchronous = true;
  wanted.follow = "leader";
  keeper->want(setup, wanted, {"leader", "/nowhere", 5432, ""});
  ServerLook starting;
  starting.view.kind = ha::ServerKind::starting;
  starting.view.postmaster = static_cast<std::uint64_t>(status().process.pid);
  starting.view.as_of = loop::boot_now() - 10s;
  keeper->on_look(starting);
  run_for(200ms);
  CHECK(reloads_logged() == 0);  // a postmaster that has just begun would end of the signal
  starting.view.as_of = loop::boot_now();
  keeper->on_look(starting);
  CHECK(run_until([this] { return shown("primary_conninfo").find("/nowhere") != std::string::npos; }));
  // Without the signal file it recovers as a primary after a crash.
  std::filesystem::remove(data + "/standby.signal");
  wanted.follow = "other";
  keeper->want(setup, wanted, {"other", "/elsewhere", 5432, ""});
  run_for(300ms);
  CHECK(file("postgresql.conf").find("/elsewhere") == std::string::npos);
  CHECK(problems.empty());
}

TEST_CASE_METHOD(KeeperFixture, "nothing is written while an action has the server", "[settings_keeper]") {
  start_server({});
  make_keeper();
  keeper->hold(true);
  keeper->want(setup, synchronous({"node2"}), {});
  look();
  run_for(200ms);
  CHECK_FALSE(keeper->is_writing());
  keeper->hold(false);
  run_for(200ms);
  CHECK(shown("synchronous_standby_names").empty());  // the last look may be from before the action
  look();
  comes("synchronous_standby_names", "node2");
}

TEST_CASE_METHOD(KeeperFixture, "what cannot be written is told, and tried again until it can",
                 "[settings_keeper]") {
  start_server({});
  make_keeper();
  const std::string base = data + "/postgresql.base.conf";
  const std::string main = data + "/postgresql.conf";
  const std::string text = file("postgresql.conf");
  std::filesystem::remove(main);
  std::filesystem::create_directory(main);  // no file can take its place
  keeper->want(setup, synchronous({"node2"}), {});
  look();
  REQUIRE(run_until([this] { return problems.size() >= 2; }));
  CHECK(problems.front().find("postgresql.conf") != std::string::npos);
  std::filesystem::remove(main);
  comes("synchronous_standby_names", "node2");
  CHECK(std::filesystem::exists(base));
}

TEST_CASE_METHOD(KeeperFixture,
                 "a standby's receiver goes when it must be off, and comes back with its upstream",
                 "[settings_keeper]") {
  postgres::PostgresProcess leader;
  const Upstream upstream{"leader", leader.by_socket().at("host"),
                          static_cast<std::uint16_t>(std::stoi(leader.port())), ""};
  start_server(standby());
  make_keeper();
  ha::WantedSettings wanted;
  wanted.keeps_synchronous = true;
  wanted.follow = "leader";
  keeper->want(setup, wanted, upstream);
  look();
  const std::string receiving = "select count(*) from pg_stat_wal_receiver where status = 'streaming'";
  REQUIRE(run_until([&] { return sql(receiving) == "1"; }, 60s));
  CHECK(shown("primary_conninfo").find("application_name=node1") != std::string::npos);
  CHECK(shown("recovery_target_timeline") == "latest");

  // Its key has gone, and the agent has come back: it streams on.
  keeper.reset();
  make_keeper();
  wanted.follow.clear();
  keeper->want(setup, wanted, {});
  look();
  run_for(300ms);
  CHECK(sql(receiving) == "1");
  CHECK(reloads_logged() == 1);

  wanted.receiver_off = 42;
  keeper->want(setup, wanted, {});
  REQUIRE(look_until([this] { return a_look().view.is_receiver_gone; }));
  CHECK(shown("primary_conninfo").empty());
  CHECK_SOON(rounds > 0);
  // Given up.
  wanted.receiver_off.reset();
  wanted.follow = "leader";
  keeper->want(setup, wanted, upstream);
  CHECK(run_until([&] { return sql(receiving) == "1"; }, 60s));
  CHECK(reloads == 0);
  CHECK(problems.empty());
}

TEST_CASE_METHOD(KeeperFixture, "a closed server opens when it may, with the rules that it had",
                 "[settings_keeper]") {
  ha::WantedSettings closed;
  closed.is_closed = true;
  start_server({}, closed);
  const std::string rules = read_small_file(postgres::pristine_data() + "/pg_hba.conf").value_or("");
  sql("create role somebody login");
  const auto lets_in = [this] {
    const pid_t pid = postgres::spawn({postgres::programs + "psql", "-XAtq", "-h", folder.path(), "-p", port,
                                       "-U", "somebody", "-d", "postgres", "-c", "select 1"},
                                      folder / "somebody.out");
    int code = -1;
    waitpid(pid, &code, 0);
    return code == 0;
  };
  CHECK_FALSE(lets_in());
  make_keeper();
  keeper->want(setup, closed, {});
  look();
  run_for(200ms);
  CHECK_FALSE(lets_in());
  CHECK(file("pg_hba.conf") != rules);
  keeper->want(setup, {}, {});
  REQUIRE(run_until(lets_in, 60s));
  CHECK(file("pg_hba.conf") == rules);
  CHECK(file("pg_hba.conf.open") == "none");
  // Rules of the agent's own come without the former ones.
  keeper->want(a_setup({}, true), {}, {});
  CHECK_SOON(file("pg_hba.conf").ends_with("\nlocal all all trust\nlocal replication all trust\n"));
}
