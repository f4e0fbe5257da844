// What PostgresModel assumes of PostgreSQL, seen on two real servers. Each case plays the same on the model.
#include "tests/simulation/postgres/postgres_model.h"
#include "tests/simulation/real_postgres/real_server.h"

using namespace tamada;
using namespace tamada::simulation;

namespace {

// A real primary with a streaming standby named "b", and the same in the model ("a", "b").
struct TwoPairs {
  TwoPairs()
      : cluster(scheduler, Random(1), [](const auto&, const auto&) { return std::optional<Duration>(1ms); }) {
    primary.start();
    primary.sql("create table rows (n int)");
    standby = std::make_unique<RealServer>(primary, "b");
    standby->start();
    REQUIRE(comes([&] { return streams(); }));

    cluster.add("a").initdb(1, [](PostgresFault) {});
    scheduler.run_for(5s);
    CHECK(a().start(StartRole::primary) == PostgresFault::none);
    scheduler.run_for(1s);
    cluster.add("b").clone("a", [](PostgresFault) {});
    b().set_upstream("a");
    scheduler.run_for(20s);
    CHECK(b().start(StartRole::standby) == PostgresFault::none);
    scheduler.run_for(1s);
    REQUIRE(b().status().receiver_runs);
    session = a().connect();
  }
  [[nodiscard]] bool streams() const {
    return primary.sql("select count(*) from pg_stat_replication where state = 'streaming'") == "1";
  }
  PostgresModel& a() { return cluster.at("a"); }
  PostgresModel& b() { return cluster.at("b"); }
  void write(RowNumber row) {
    a().write(session, row, [this](WriteOutcome outcome) { outcomes.push_back(outcome); });
  }
  static std::string count(const RealServer& server) { return server.sql("select count(*) from rows"); }

  RealServer primary;
  std::unique_ptr<RealServer> standby;
  Scheduler scheduler;
  PostgresCluster cluster;
  PostgresModel::SessionId session = 0;
  std::vector<WriteOutcome> outcomes;
};

}  // namespace

TEST_CASE("a fast stop leaves its shutdown checkpoint on the standby, an immediate one says in production",
          "[postgres][model]") {
  TwoPairs pairs;
  pairs.primary.sql("insert into rows values (1)");
  pairs.primary.end(SIGINT);
  CHECK(pairs.primary.control("Database cluster state") == "shut down");
  const std::string checkpoint = pairs.primary.control("Latest checkpoint location");
  CHECK(comes([&] {
    return pairs.standby->sql("select pg_last_wal_receive_lsn() > '" + checkpoint +
                              "' and pg_last_wal_replay_lsn() > '" + checkpoint + "'") == "t";
  }));
  pairs.write(1);
  pairs.a().stop(StopMode::fast);
  pairs.scheduler.run_for(5s);
  CHECK(pairs.a().control()->state == ControlState::shut_down);
  CHECK(pairs.b().status().replayed >= pairs.a().control()->checkpoint);

  pairs.primary.start();
  pairs.primary.end(SIGQUIT);
  CHECK(pairs.primary.control("Database cluster state") == "in production");
  CHECK(pairs.a().start(StartRole::primary) == PostgresFault::none);
  pairs.scheduler.run_for(1s);
  pairs.a().stop(StopMode::immediate);
  CHECK(pairs.a().control()->state == ControlState::in_production);
  // A restart in place makes no timeline.
  CHECK(pairs.primary.control("Latest checkpoint's TimeLineID") == "1");
  CHECK(pairs.a().control()->checkpoint_timeline == 1);
}

TEST_CASE("a commit waits for its synchronous standby, and leaves its row behind when its session is ended",
          "[postgres][model]") {
  TwoPairs pairs;
  pairs.primary.set("synchronous_standby_names", "FIRST 1 (b)");
  REQUIRE(comes([&] { return pairs.primary.sql("select sync_state from pg_stat_replication") == "sync"; }));
  pairs.primary.sql("insert into rows values (1)");
  CHECK(TwoPairs::count(pairs.primary) == "1");
  pairs.standby->end(SIGINT);
  const std::string out = pairs.primary.file("waiting");
  const pid_t waiting = pairs.primary.begin_sql("insert into rows values (2)", out);
  CHECK(comes([&] {
    return pairs.primary.sql("select count(*) from pg_stat_activity where wait_event = 'SyncRep'") == "1";
  }));
  // Not visible while it waits.
  CHECK(TwoPairs::count(pairs.primary) == "1");
  pairs.primary.end(SIGINT);
  int status = 0;
  waitpid(waiting, &status, 0);
  CHECK(status != 0);
  pairs.primary.start();
  CHECK(TwoPairs::count(pairs.primary) == "2");

  pairs.a().set_sync_names({1, {"b"}});
  pairs.write(1);
  pairs.scheduler.run_for(1s);
  CHECK(pairs.outcomes == std::vector{WriteOutcome::acknowledged});
  pairs.b().stop(StopMode::fast);
  pairs.scheduler.run_for(5s);
  pairs.write(2);
  pairs.scheduler.run_for(60s);
  CHECK(pairs.outcomes.size() == 1);
  pairs.a().stop(StopMode::fast);
  pairs.scheduler.run_for(5s);
  CHECK(pairs.outcomes.back() == WriteOutcome::unknown);
  CHECK(pairs.cluster.book().rows(pairs.a().log()) == std::vector<RowNumber>{1, 2});

  // Emptying the setting releases who waits.
  const pid_t released = pairs.primary.begin_sql("insert into rows values (3)", out);
  CHECK(comes([&] {
    return pairs.primary.sql("select count(*) from pg_stat_activity where wait_event = 'SyncRep'") == "1";
  }));
  const pid_t other = pairs.primary.begin_sql("alter system set synchronous_standby_names = ''", out);
  waitpid(other, nullptr, 0);
  pairs.primary.sql("select pg_reload_conf()");
  waitpid(released, &status, 0);
  CHECK(status == 0);
}

TEST_CASE(
    "a promoted standby has the next timeline, and the old primary with more rows does not stream from it",
    "[postgres][model]") {
  TwoPairs pairs;
  pairs.primary.sql("insert into rows values (1)");
  REQUIRE(comes([&] { return TwoPairs::count(*pairs.standby) == "1"; }));
  CHECK(pairs.standby->sql("select pg_promote()") == "t");
  CHECK(pairs.standby->sql("select pg_is_in_recovery()") == "f");
  // Both take writes now, apart.
  pairs.primary.sql("insert into rows values (2)");
  pairs.standby->sql("insert into rows values (3)");
  CHECK(pairs.standby->sql("select substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)") == "00000002");
  CHECK(comes([&] { return pairs.standby->control("Latest checkpoint's TimeLineID") == "2"; }));

  pairs.write(1);
  pairs.scheduler.run_for(1s);
  CHECK(pairs.b().promote() == PostgresFault::none);
  pairs.scheduler.run_for(2s);
  pairs.write(2);
  pairs.scheduler.run_for(1s);
  CHECK(pairs.b().status().timeline == 2);
  CHECK(pairs.b().control()->checkpoint_timeline == 2);
  CHECK(pairs.cluster.writable() == std::vector<std::string>{"a", "b"});

  pairs.primary.end(SIGINT);
  pairs.primary.follow(*pairs.standby, "a");
  pairs.primary.start();
  // It tries, and is refused: its log is not in the history of the new primary.
  CHECK(comes([&] {
    std::ifstream log(pairs.primary.file("log"));
    const std::string text((std::istreambuf_iterator<char>(log)), std::istreambuf_iterator<char>());
    return text.find("forked off current database system timeline 1") != std::string::npos ||
           text.find("is not in this server's history") != std::string::npos;
  }));
  CHECK(pairs.standby->sql("select count(*) from pg_stat_replication where state = 'streaming'") == "0");
  CHECK(TwoPairs::count(pairs.primary) == "2");

  pairs.a().stop(StopMode::fast);
  pairs.scheduler.run_for(5s);
  pairs.a().set_upstream("b");
  CHECK(pairs.a().start(StartRole::standby) == PostgresFault::none);
  pairs.scheduler.run_for(60s);
  CHECK(pairs.b().status().senders.empty());
  CHECK(pairs.a().needs_rewind(pairs.b()));
}

TEST_CASE("a receiver that was ended comes back, and stays away without a setting", "[postgres][model]") {
  TwoPairs pairs;
  const auto receiver = [&] { return pairs.standby->sql("select pid from pg_stat_wal_receiver"); };
  const std::string first = receiver();
  REQUIRE_FALSE(first.empty());
  REQUIRE(::kill(std::stoi(first), SIGTERM) == 0);
  CHECK(comes([&] {
    const std::string now = receiver();
    return !now.empty() && now != first;
  }));
  pairs.standby->set("primary_conninfo", "");
  CHECK(comes([&] { return receiver().empty(); }));
  const std::string before = pairs.standby->sql("select pg_last_wal_receive_lsn()");
  pairs.primary.sql("insert into rows values (1)");
  CHECK(pairs.standby->sql("select pg_last_wal_receive_lsn()") == before);
  CHECK(receiver().empty());

  pairs.b().terminate_receiver();
  pairs.scheduler.run_for(10s);
  CHECK(pairs.b().status().receiver_runs);
  pairs.b().set_upstream("");
  pairs.scheduler.run_for(10s);
  CHECK_FALSE(pairs.b().status().receiver_runs);
  const Lsn received = pairs.b().status().received;
  pairs.write(1);
  pairs.scheduler.run_for(10s);
  CHECK(pairs.b().status().received == received);
}
