// A former primary that has what the new leader has not: seen, recovered alone, rewound, and following.
#include "tests/loop/agent/server/actions/data/data_fixture.h"

namespace tamada::agent {
namespace {

struct FormerPrimaryFixture : DataFixture {
  // A standby is promoted, while the node's own server, which is the test's until it ends, writes on.
  FormerPrimaryFixture() {
    start_leader(own);
    (void)own.sql({"CREATE TABLE t AS SELECT generate_series(1, 1000) AS x"});
    follow(leader, own);
    REQUIRE(run_until([this] { return own.status().senders.size() == 1; }, 60s));
  }
  void promote_leader() {
    const auto flushed = own.status().flushed;
    REQUIRE(run_until([&] { return leader.status().replayed >= flushed; }, 60s));
    (void)leader.sql({"SELECT pg_promote()"});
    (void)leader.sql({"CHECKPOINT"});
    (void)leader.sql({"CREATE TABLE of_leader ()"});
  }
  void check_follows() {
    must_run(ActionKind::start_standby, &leader);
    CHECK(is_streaming());
    CHECK(run_until([this] { return ask("SELECT to_regclass('of_leader')") == "of_leader"; }, 60s));
    CHECK(ask("SELECT to_regclass('in_vain')").empty());
    CHECK(divergence_from(leader) == Divergence::none);
  }
  Server own{programs, folder, "data"};
  Server leader{programs, folder, "leader"};
};

TEST_CASE_METHOD(FormerPrimaryFixture,
                 "a primary that crashed and has diverged is recovered alone and rewound", "[rewind]") {
  promote_leader();
  (void)own.sql({"CREATE TABLE in_vain AS SELECT generate_series(1, 10000) AS x"});
  own.stop(SIGQUIT);
  CHECK(divergence_from(leader) == Divergence::cannot_know);
  must_run(ActionKind::recover_alone);
  CHECK(control().state == ClusterState::shut_down);
  CHECK(divergence_from(leader) == Divergence::diverged);
  must_run(ActionKind::rewind, &leader);
  CHECK(exists("data/standby.signal"));
  CHECK_FALSE(exists("data.rewinding"));
  check_follows();
}

TEST_CASE_METHOD(FormerPrimaryFixture, "a primary that was stopped before the promotion follows as it is",
                 "[rewind]") {
  own.stop();
  (void)leader.sql({"SELECT pg_promote()"});
  (void)leader.sql({"CHECKPOINT"});
  (void)leader.sql({"CREATE TABLE of_leader ()"});
  CHECK(divergence_from(leader) == Divergence::none);
  check_follows();
}

TEST_CASE_METHOD(FormerPrimaryFixture, "a rewind that is cut off is known until another one succeeds",
                 "[rewind]") {
  promote_leader();
  (void)own.sql({"CREATE TABLE in_vain AS SELECT generate_series(1, 10000) AS x"});
  own.stop();
  // A program in the place of pg_rewind that does not end.
  const std::string slow = folder / "slow_rewind";
  std::ofstream(slow) << "#!/bin/sh\ntouch " << (folder / "begun") << "\nexec sleep 600\n";
  fs::permissions(slow, fs::perms::owner_all);
  config.postgres.given.insert("bin_name");
  config.postgres.shared.bin_name = {{"pg_rewind", "../../../../.." + slow}};
  begin(ActionKind::rewind, context(&leader));
  REQUIRE(run_until([this] { return exists("begun") || result; }, 60s));
  runner->cancel(last_id);
  CHECK(end().outcome == Outcome::cancelled);
  CHECK(exists("data.rewinding"));
  CHECK(divergence_from(leader) == Divergence::diverged);
  const ha::ActionResult refused = run(ActionKind::start_standby, &leader);
  CHECK(refused.outcome == Outcome::failed);
  CHECK(left() == 0);

  config.postgres.shared.bin_name.clear();
  must_run(ActionKind::rewind, &leader);
  check_follows();
}

TEST_CASE_METHOD(FormerPrimaryFixture, "segments that are gone come from the archive", "[rewind]") {
  promote_leader();
  (void)own.sql({"CREATE TABLE in_vain AS SELECT generate_series(1, 10000) AS x"});
  for (int i = 0; i < 3; ++i) {
    (void)own.sql({"SELECT pg_switch_wal()"});
    (void)own.sql({"CHECKPOINT"});
  }
  own.stop();
  // All but the last one, with which the checkpoint is.
  fs::create_directory(folder / "archive");
  std::vector<fs::path> segments;
  for (const auto& entry : fs::directory_iterator(data + "/pg_wal")) {
    if (looks_like_wal_segment(entry.path().filename().string())) segments.push_back(entry.path());
  }
  std::sort(segments.begin(), segments.end());
  const std::string last = wal_segment_name({1, control().checkpoint.value() >> 20U}, 1U << 20U);
  for (const fs::path& segment : segments) {
    if (segment.filename() < last) fs::rename(segment, fs::path(folder / "archive") / segment.filename());
  }
  const ha::ActionResult failed = run(ActionKind::rewind, &leader);
  CHECK(failed.outcome == Outcome::failed);
  config.postgres.shared.recovery_conf = {{"restore_command", "cp " + (folder / "archive") + "/%f %p"}};
  must_run(ActionKind::rewind, &leader);
  check_follows();
}

TEST_CASE_METHOD(FormerPrimaryFixture, "what cannot be known is neither none nor diverged", "[rewind]") {
  own.stop(SIGQUIT);
  // Of a leader that is still a standby, or away.
  CHECK(divergence_from(leader) == Divergence::cannot_know);
  leader.stop();
  CHECK(divergence_from(leader) == Divergence::cannot_know);
  // A copy that nobody has started is not recovered alone, and need not be.
  std::ofstream(data + "/backup_label") << "START WAL LOCATION: 0/2000028 (file 000000010000000000000002)\n";
  must_run(ActionKind::recover_alone);
  fs::remove(data + "/backup_label");
  CHECK(control().state == ClusterState::in_production);
  // A leader that is not there is no failure of the rewind.
  begin(ActionKind::rewind, context(&leader));
  REQUIRE(run_until([this] { return control().state == ClusterState::shut_down; }, 60s));
  runner->cancel(last_id);
  CHECK(end().outcome == Outcome::cancelled);
  CHECK_FALSE(exists("data.rewinding"));
}

}  // namespace
}  // namespace tamada::agent
