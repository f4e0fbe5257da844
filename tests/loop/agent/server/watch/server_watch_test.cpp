// What the watch says of a real server that runs.
#include "tests/loop/agent/server/watch/watch_fixture.h"

namespace tamada::agent {

using ha::DataState;
using ha::ServerKind;

TEST_CASE_METHOD(WatchFixture, "A primary: what it says of itself, and which names it waits for") {
  start_postgres();
  REQUIRE(sees_kind(ServerKind::primary));
  const ServerLook look = look_now();
  CHECK(look.problem.empty());
  CHECK(look.view.kind == ServerKind::primary);
  CHECK(look.view.data == DataState::present);
  CHECK(look.view.timeline == 1);
  CHECK(look.view.written.value_or(0) > 0);
  CHECK_FALSE(look.view.is_stalled);
  CHECK(look.view.postmaster != 0);
  CHECK(look.view.system_id == sql("select system_identifier from pg_control_system()"));
  REQUIRE(look.status);
  CHECK(look.status->server_version / 10000 == 15);

  sql("alter system set synchronous_standby_names = '\"pg-2\"'");
  sql("select pg_reload_conf()");
  const TimePoint reloaded = loop::boot_now();
  REQUIRE(sees([](const ServerLook& seen) { return !seen.view.synchronous_names.empty(); }));
  CHECK(last.view.synchronous_names == std::vector<std::string>{"pg-2"});
  CHECK(last.view.as_of - reloaded >= 900ms);
}

TEST_CASE_METHOD(WatchFixture, "A standby that follows nobody has no receiver, and can get none") {
  make_data();
  // As many as the primary had that its log is of.
  std::ofstream(data + "/postgresql.auto.conf", std::ios::app) << "max_connections = 100\n";
  std::ofstream(data + "/standby.signal").close();
  connect();
  REQUIRE(start(postgres_launch()) == guard::Outcome::done);
  REQUIRE(sees([](const ServerLook& look) { return look.view.is_receiver_gone; }));
  CHECK(last.view.kind == ServerKind::standby);
  CHECK(last.view.timeline == 1);
  CHECK(last.view.replayed.value_or(0) > 0);
  CHECK_FALSE(last.view.is_receiving);
  CHECK(last.view.follows.empty());
}

TEST_CASE_METHOD(WatchFixture, "A standby of another member streams from it, and then does not any more") {
  postgres::PostgresProcess upstream;
  const postgres::Conninfo there = upstream.by_socket();
  postgres::run_as_postgres({postgres::programs + "pg_basebackup", "-D", data, "-h", there.at("host"), "-p",
                             there.at("port"), "-U", "postgres", "-c", "fast", "-X", "stream"},
                            folder / "log");
  std::ofstream(data + "/postgresql.auto.conf")
      << "listen_addresses = ''\nunix_socket_directories = '" << folder.path()
      << "'\nfsync = off\nshared_buffers = 16MB\nmax_connections = 20\nprimary_conninfo = 'host="
      << there.at("host") << " port=" << there.at("port") << " user=postgres'\n";
  std::ofstream(data + "/standby.signal").close();
  watch->set_members(
      {{"other", there.at("host"), 1, ""},
       {"upstream", there.at("host"), static_cast<std::uint16_t>(std::stoi(there.at("port"))), ""}});
  connect();
  REQUIRE(start(postgres_launch()) == guard::Outcome::done);
  REQUIRE(sees([](const ServerLook& look) { return look.view.is_receiving; }));
  CHECK(last.view.kind == ServerKind::standby);
  CHECK(last.view.follows == "upstream");
  CHECK(last.view.received.value_or(0) > 0);
  CHECK(last.view.timeline == 1);
  CHECK_FALSE(last.view.is_receiver_gone);

  // The upstream stands still: the receiver that connects to it anew is there, though pg_stat_wal_receiver shows none.
  upstream.stop_process(upstream.pid());
  const std::string receiver = sql("select pid from pg_stat_wal_receiver");
  REQUIRE_FALSE(receiver.empty());
  ::kill(std::stoi(receiver), SIGTERM);
  REQUIRE(sees([](const ServerLook& look) { return look.status && !look.status->receiver; }));
  CHECK_FALSE(last.view.is_receiver_gone);
  CHECK_FALSE(last.view.is_receiving);

  sql("alter system set primary_conninfo = ''");
  sql("select pg_reload_conf()");
  REQUIRE(sees([](const ServerLook& look) { return look.view.is_receiver_gone; }));
  CHECK(sql("select count(*) from pg_stat_activity where backend_type = 'walreceiver'") == "0");
  CHECK(last.view.follows.empty());
}

TEST_CASE_METHOD(WatchFixture, "A server that refuses the login is what it was, or unknown") {
  start_postgres();
  REQUIRE(sees_kind(ServerKind::primary));
  std::ofstream(data + "/pg_hba.conf") << "local all all reject\n";
  REQUIRE(signal(SIGHUP) == guard::Outcome::done);
  REQUIRE(sees([](const ServerLook& look) { return !look.status; }));
  CHECK(last.view.kind == ServerKind::primary);
  CHECK_FALSE(last.view.written);
  CHECK_FALSE(last.problem.empty());
  // Who has never heard of it cannot know.
  make_watch();
  CHECK(look_now().view.kind == ServerKind::unknown);
  CHECK_FALSE(last.problem.empty());
}

TEST_CASE_METHOD(WatchFixture, "A postmaster that stands still is hung, and each look is answered") {
  start_postgres();
  REQUIRE(sees_kind(ServerKind::primary));
  const ha::ServerView before = last.view;
  stop_process(status().process.pid);
  const TimePoint stopped_at = loop::boot_now();
  const ServerLook look = look_now();
  CHECK(look.view.kind == ServerKind::hung);
  CHECK(look.view.postmaster == before.postmaster);
  CHECK(look.view.system_id == before.system_id);
  CHECK(look.view.as_of >= stopped_at);
  // Told late, with its own time.
  CHECK(loop::boot_now() - look.view.as_of >= 3s);
  ::kill(status().process.pid, SIGCONT);
  CHECK(sees_kind(ServerKind::primary));
}

TEST_CASE_METHOD(WatchFixture, "A server that waits for its sessions to end is stopping") {
  start_postgres();
  session("select pg_sleep(600)");
  REQUIRE(sees_kind(ServerKind::primary));
  REQUIRE(signal(SIGTERM) == guard::Outcome::done);
  CHECK(sees_kind(ServerKind::stopping));
  REQUIRE(signal(SIGINT) == guard::Outcome::done);
  CHECK(sees_kind(ServerKind::stopped));
}

TEST_CASE_METHOD(WatchFixture, "A server that recovers is starting") {
  make_data();
  // A standby that lets nobody in before it has a primary's log, and gets none.
  std::ofstream(data + "/postgresql.auto.conf", std::ios::app) << "hot_standby = off\n";
  std::ofstream(data + "/standby.signal").close();
  connect();
  REQUIRE(start(postgres_launch()) == guard::Outcome::done);
  REQUIRE(sees([](const ServerLook& look) {
    return look.view.kind == ServerKind::starting && !look.problem.empty();
  }));
  CHECK(last.view.data == DataState::present);
  REQUIRE(signal(SIGQUIT) == guard::Outcome::done);
  CHECK(sees_kind(ServerKind::stopped));
}

TEST_CASE_METHOD(WatchFixture, "Log that nobody asks to be flushed is no stall: a flush is asked for") {
  start_postgres();
  sql("create table rows (n int)");
  REQUIRE(sees_kind(ServerKind::primary));
  // Inserts log, and does not end.
  session("begin; insert into rows values (1); select pg_sleep(600)");
  int suspicious = 0;
  const TimePoint until = loop::boot_now() + 16s;
  run_until(
      [&] {
        watch->set_guard(told());
        if (std::exchange(is_news, false)) {
          CHECK_FALSE(last.view.is_stalled);
          if (last.status && last.status->inserted > last.status->flushed) ++suspicious;
        }
        return loop::boot_now() >= until;
      },
      60s);
  // Else the test shows nothing.
  CHECK(suspicious > 3);
  const ServerLook look = look_now();
  REQUIRE(look.status);
  CHECK(look.status->inserted == look.status->flushed);
}

TEST_CASE_METHOD(WatchFixture, "Without a guard nothing is known") {
  CHECK(look_now().view.kind == ServerKind::unknown);
  CHECK(last.view.data == DataState::unknown);
}

}  // namespace tamada::agent
