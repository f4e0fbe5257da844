// A primary and a standby that the agent's code makes, asks, and brings together again.
#include "agent/postgres/formats/slot_name.h"
#include "agent/postgres/formats/sync_standby_names.h"
#include "agent/postgres/wal_receiver_stop.h"
#include "tests/loop/agent/postgres/server_fixture.h"

using namespace tamada;
using namespace tamada::agent;

namespace {

bool is_streaming(const Server& server) {
  const ServerStatus status = server.status();
  return status.receiver && status.receiver->status == "streaming";
}

}  // namespace

TEST_CASE_METHOD(ServerFixture, "a primary says all that a cycle wants to know", "[server]") {
  start_primary();
  const ControlData control = must(programs.tools.control_data(primary.data().path(), {}));
  CHECK(control.state == ClusterState::in_production);
  CHECK(allows_rewind(control) == true);

  const std::string slot = slot_name_of_member("Standby-2.example");
  CHECK(primary.sql(create_physical_slot(slot)).rows.size() == 1);
  CHECK(primary.sql(create_physical_slot(slot)).rows.empty());

  const ServerStatus status = primary.status();
  CHECK_FALSE(status.in_recovery);
  CHECK(status.server_version / 10000 == 15);
  CHECK(status.server_version == must(programs.tools.server_version({})));
  CHECK(status.system_identifier == control.system_identifier);
  CHECK(status.timeline == 1U);
  CHECK(status.checkpoint_timeline == 1U);
  REQUIRE(status.inserted);
  CHECK(position_of(status) == status.flushed);
  CHECK_FALSE(status.received);
  CHECK_FALSE(status.replayed);
  CHECK_FALSE(status.receiver);
  CHECK(status.postmaster_start_time.size() == std::string("2026-11-29 11:17:20.123456+00:00").size());
  REQUIRE(status.slots.size() == 1);
  CHECK(status.slots[0].name == "standby_2_example");
  CHECK_FALSE(status.slots[0].is_active);
  CHECK_FALSE(status.slots[0].has_xmin);
  CHECK(status.slots[0].restart.has_value());
  CHECK(status.slots[0].retained_bytes.value_or(-1) >= 0);
  CHECK(status.pending_restart.empty());

  CHECK(primary.sql(advance_slot(slot, *status.flushed)).rows.size() == 1);
  CHECK(primary.sql(advance_slot(slot, *status.flushed)).rows.empty());
  CHECK(primary.status().slots[0].restart == status.flushed);
  CHECK(primary.sql(drop_slot(slot)).rows.size() == 1);
  CHECK(primary.sql(drop_slot(slot)).rows.empty());
  CHECK(primary.status().slots.empty());
}

TEST_CASE_METHOD(ServerFixture, "users are made and altered, and a password stays out of the log",
                 "[server]") {
  start_primary({{"log_statement", "all"}, {"log_min_duration_statement", "0"}});
  (void)primary.sql(create_user({"we\"ird 'user\\", std::nullopt, false, false}));
  (void)primary.sql(grant_rewind("we\"ird 'user\\"));
  (void)primary.sql(create_user({"replicator", "changed-secret", true, false}));
  const auto rows = primary
                        .sql({"SELECT rolname, rolreplication, rolsuper FROM pg_roles WHERE rolname !~ "
                              "'^(pg_|postgres)' ORDER BY 1"})
                        .rows;
  CHECK(rows == std::vector<std::vector<std::optional<std::string>>>{{"replicator", "t", "f"},
                                                                     {"we\"ird 'user\\", "f", "f"}});
  CHECK(primary
            .sql({"SELECT has_function_privilege(oid, 'pg_read_binary_file(text)', 'execute') FROM pg_roles"
                  " WHERE rolname = $1",
                  {"we\"ird 'user\\"}})
            .rows[0][0] == "t");
  BlockingSession session({{"host", "127.0.0.1"},
                           {"port", primary.port()},
                           {"user", "replicator"},
                           {"password", "changed-secret"},
                           {"dbname", "postgres"}});
  CHECK(session.ask({"SELECT 1"}, 10s).has_value());
  const std::string log = must(read_small_file(primary.log(), std::size_t{64} << 20));
  CHECK(log.find("pg_replication_slots") == std::string::npos);
  CHECK(log.find("rolname !~") != std::string::npos);  // statements are logged
}

TEST_CASE_METHOD(ServerFixture, "a base backup becomes a standby that streams", "[server]") {
  start_primary();
  CHECK(standby.data().look().state == DataState::missing);
  clone(standby, primary);
  CHECK_FALSE(progress.empty());
  CHECK(standby.data().look().state == DataState::valid);
  CHECK(standby.data().look().major == 15);
  CHECK_FALSE(std::filesystem::exists(standby.data().clone_path()));
  standby.start();
  wait_until([this] { return is_streaming(standby); });

  const ServerStatus status = standby.status();
  CHECK(status.in_recovery);
  CHECK_FALSE(status.timeline);
  CHECK_FALSE(status.inserted);
  CHECK(position_of(status).has_value());
  CHECK(status.receiver->timeline == 1U);
  CHECK_FALSE(status.is_replay_paused);
  const auto differences = [](const ServerStatus& of, const ConninfoFields& wanted) {
    return conninfo_differences(must(postgres::parse_conninfo(of.receiver->conninfo)), wanted);
  };
  CHECK(differences(status, standby.upstream_of(primary)).empty());
  CHECK(differences(status, standby.upstream_of(standby)) == std::vector<std::string>{"port"});

  const ServerStatus leader = primary.status();
  REQUIRE(leader.senders.size() == 1);
  CHECK(leader.senders[0].application_name == "standby-2");
  CHECK(leader.senders[0].state == "streaming");
  CHECK(leader.senders[0].user == "replicator");
  CHECK(leader.senders[0].client_address == "127.0.0.1");
  CHECK_FALSE(leader.senders[0].is_logical);

  // It is taken off, and comes back by itself.
  CHECK(primary.sql(terminate_senders({leader.senders[0].pid})).rows.size() == 1);
  wait_until([&] {
    const ServerStatus now = primary.status();
    return now.senders.size() == 1 && now.senders[0].pid != leader.senders[0].pid &&
           now.senders[0].state == "streaming";
  });
}

TEST_CASE_METHOD(ServerFixture, "a standby starts with settings lower than its primary's, raised",
                 "[server]") {
  primary.max_connections = "60";
  start_primary();
  clone(standby, primary);
  standby.start();
  REQUIRE(standby.raised.size() == 1);
  CHECK(standby.raised[0].name == "max_connections");
  CHECK(standby.raised[0].wanted == "30");
  CHECK(standby.raised[0].used == "60");
  CHECK(standby.sql({"SHOW max_connections"}).rows[0][0] == "60");
}

TEST_CASE_METHOD(ServerFixture, "the WAL receiver is stopped and gone before the position is read",
                 "[server]") {
  start_primary();
  clone(standby, primary);
  standby.start();
  wait_until([this] { return is_streaming(standby); });
  BlockingSession session(standby.by_socket());

  // While the configuration still names an upstream, nothing is killed and the time runs out.
  const auto refused = stop_wal_receiver(session, standby.pid(), 300ms, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::invalid);
  CHECK(is_streaming(standby));

  const std::string before = must(read_small_file(standby.files().main_path()));
  std::string without = before;
  const std::size_t at = without.find("primary_conninfo = '");
  REQUIRE(at != std::string::npos);
  without.replace(at, without.find('\n', at) - at, "primary_conninfo = ''");
  must(standby.files().write_main(without));
  const ReceiverGone gone = must(stop_wal_receiver(session, standby.pid(), 10s, {}));
  REQUIRE(gone.position());
  CHECK_FALSE(standby.status().receiver);

  // What is written now does not come any more.
  (void)primary.sql({"CREATE TABLE later (x int)"});
  CHECK(primary.status().flushed > gone.position());
  CHECK(position_of(standby.status()) == gone.position());
  CHECK_FALSE(standby.status().receiver);

  must(standby.files().write_main(before));
  (void)standby.sql(reload());
  wait_until(
      [&] { return is_streaming(standby) && position_of(standby.status()) >= primary.status().flushed; });

  // A primary has none.
  BlockingSession with_primary(primary.by_socket());
  CHECK(stop_wal_receiver(with_primary, primary.pid(), 1s, {}).error().kind == ErrorKind::invalid);
}

TEST_CASE_METHOD(ServerFixture, "an old primary that went on is rewound and follows the new one",
                 "[server]") {
  start_primary();
  (void)primary.sql({"CREATE TABLE t AS SELECT generate_series(1, 1000) AS x"});
  clone(standby, primary);
  standby.start();
  wait_until(
      [this] { return is_streaming(standby) && standby.status().replayed >= primary.status().flushed; });

  (void)standby.sql({"SELECT pg_promote(true, 60)"});
  CHECK(standby.status().timeline == 2U);
  (void)primary.sql({"INSERT INTO t SELECT generate_series(5000, 6000)"});  // nobody else has these
  (void)standby.sql({"INSERT INTO t VALUES (-1)"});
  primary.stop();

  const ControlData control = must(programs.tools.control_data(primary.data().path(), {}));
  CHECK(control.state == ClusterState::shut_down);
  auto local = local_end_of(control);
  REQUIRE(local);
  local->checkpoint_end =
      must(programs.tools.checkpoint_end(primary.data().path(), local->timeline, local->position, {}));
  CHECK(local->checkpoint_end.has_value());
  CHECK(programs.tools.shutdown_position_of(primary.data().path(), 1, local->position, {}) ==
        local->position);
  const LeaderLog leader = standby.leader_log();
  CHECK(leader.timeline == 2U);
  const RewindCheck check = rewind_check(local, leader);
  CHECK(check.need == RewindNeed::needed);
  CHECK(check.reason == RewindReason::beyond_the_switch);

  (void)standby.sql(checkpoint());
  primary.write_passfile(standby, replication_password);
  RewindPlan plan;
  plan.data_dir = primary.data().path();
  plan.source_conninfo =
      "dbname=postgres user=postgres host=127.0.0.1 target_session_attrs=read-write port=" + standby.port();
  plan.passfile = primary.passfile();
  plan.major = 15;
  const auto rewound = programs.tools.rewind(plan, 120s, {});
  if (!rewound) FAIL(rewound.error().error.message);

  primary.configure(&standby);
  primary.start();
  wait_until(
      [this] { return is_streaming(primary) && primary.status().replayed >= standby.status().flushed; });
  CHECK(primary.sql({"SELECT count(*), min(x), max(x) FROM t"}).rows[0] ==
        std::vector<std::optional<std::string>>{"1001", "-1", "1000"});
  CHECK(primary.status().receiver->timeline == 2U);
}

TEST_CASE_METHOD(ServerFixture,
                 "an old primary whose shutdown checkpoint reached the new one needs no rewind", "[server]") {
  start_primary();
  clone(standby, primary);
  standby.start();
  wait_until([this] { return is_streaming(standby); });
  primary.stop();  // walsenders send the shutdown checkpoint before they end
  (void)standby.sql({"SELECT pg_promote(true, 60)"});

  auto local = local_end_of(must(programs.tools.control_data(primary.data().path(), {})));
  REQUIRE(local);
  CHECK(rewind_check(local, standby.leader_log()).reason == RewindReason::checkpoint_end_unknown);
  local->checkpoint_end =
      must(programs.tools.checkpoint_end(primary.data().path(), local->timeline, local->position, {}));
  CHECK(rewind_check(local, standby.leader_log()).reason == RewindReason::ends_at_the_switch);

  primary.write_passfile(standby, replication_password);
  primary.configure(&standby);
  primary.start();
  wait_until(
      [this] { return is_streaming(primary) && primary.status().replayed >= standby.status().flushed; });
}

TEST_CASE_METHOD(ServerFixture, "a rewind says why it failed", "[server]") {
  start_primary();
  clone(standby, primary);
  standby.start();
  wait_until([this] { return is_streaming(standby); });
  (void)standby.sql({"SELECT pg_promote(true, 60)"});
  (void)primary.sql({"CREATE TABLE diverged AS SELECT generate_series(1, 1000)"});
  primary.write_passfile(standby, replication_password);
  primary.stop();
  (void)standby.sql(checkpoint());
  RewindPlan plan;
  plan.data_dir = primary.data().path();
  plan.passfile = primary.passfile();
  plan.major = 15;
  const std::string to_leader = "dbname=postgres user=postgres host=127.0.0.1 port=";

  plan.source_conninfo = to_leader + primary.port();  // nobody listens there
  const auto unreachable = programs.tools.rewind(plan, 60s, {});
  REQUIRE_FALSE(unreachable);
  CHECK(unreachable.error().output.failure == RewindFailure::source_unavailable);

  // The segment with the last checkpoint is gone.
  plan.source_conninfo = to_leader + standby.port();
  const auto control = must(programs.tools.control_data(primary.data().path(), {}));
  const std::string segment =
      wal_segment_name({1, *control.redo / *control.wal_segment_size}, *control.wal_segment_size);
  std::filesystem::create_directory(folder / "archive");
  std::filesystem::rename(primary.data().path() + "/pg_wal/" + segment, folder / ("archive/" + segment));
  const auto missing = programs.tools.rewind(plan, 60s, {});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().output == RewindOutput{RewindFailure::missing_wal, segment});

  // restore_command has it.
  const std::string restore = "cp " + (folder / "archive") + "/%f %p";
  CHECK_FALSE(
      programs.tools.fetch_segment(restore, primary.data().path(), "0000000100000000000000FF", 30s, {}));
  must(programs.tools.fetch_segment(restore, primary.data().path(), segment, 30s, {}));
  const auto rewound = programs.tools.rewind(plan, 120s, {});
  if (!rewound) FAIL(rewound.error().error.message);
}

TEST_CASE_METHOD(ServerFixture, "names with dots and capitals are taken by the server as they are written",
                 "[server]") {
  start_primary();
  const SyncStandbyNames names{SyncStandbyNames::Mode::quorum, 1, {"PG-1.Example", "any", "a\"b"}, false};
  const std::string text = format_sync_standby_names(names);
  primary.configure(nullptr, {{"synchronous_standby_names", text}});
  (void)primary.sql(reload());
  wait_until([&] { return primary.status().synchronous_standby_names == text; });
}
