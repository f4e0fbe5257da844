// A replica's data, copied from a leader that runs, goes away, or does not let anybody copy.
#include "tests/loop/agent/server/actions/data/data_fixture.h"

namespace tamada::agent {
namespace {

struct CloneFixture : DataFixture {
  CloneFixture() {
    start_leader(leader);
    (void)leader.sql({"CREATE TABLE t AS SELECT generate_series(1, 1000) AS x"});
  }
  // A server's folder of the node, with a mark in it.
  void make_old_data() {
    postgres::run_as_postgres({"/bin/cp", "-a", postgres::pristine_data(), data}, folder / "log");
    std::ofstream(data + "/mark") << "old";
  }
  // So slow that something can happen in the middle.
  void copy_slowly() { config.postgres.shared.basebackup.push_back({"max-rate", "2M"}); }
  void run_until_half_copied() {
    REQUIRE(run_until([this] { return exists("data.clone/base/1"); }, 60s));
  }
  Server leader{programs, folder, "leader"};
};

TEST_CASE_METHOD(CloneFixture, "a clone starts as a standby that streams", "[clone]") {
  must_run(ActionKind::clone, &leader);
  CHECK(states.front() == ServerState::creating_replica);
  CHECK(states.back() == std::nullopt);
  CHECK(exists("data/standby.signal"));
  CHECK_FALSE(exists("data.clone"));
  must_run(ActionKind::start_standby, &leader);
  CHECK(is_streaming());
  CHECK(ask("SELECT count(*) FROM t") == "1000");
  CHECK(divergence_from(leader) == Divergence::none);
  for (const auto& entry : fs::directory_iterator(folder.path()))
    CHECK(entry.path().filename().string().find(".tools") == std::string::npos);
}

TEST_CASE_METHOD(CloneFixture,
                 "data that is there is replaced only where that is allowed, and by a whole copy",
                 "[clone]") {
  make_old_data();
  const ha::ActionResult refused = run(ActionKind::clone, &leader);
  CHECK(refused.outcome == Outcome::failed);
  CHECK(exists("data/mark"));

  SECTION("nobody answers") {
    leader.stop();
    CHECK(run(ActionKind::clone, &leader, true).outcome == Outcome::failed);
    CHECK(exists("data/mark"));
  }
  SECTION("the source dies in the middle") {
    copy_slowly();
    begin(ActionKind::clone, context(&leader), true);
    run_until_half_copied();
    leader.stop(SIGQUIT);
    CHECK(end().outcome == Outcome::failed);
    CHECK(exists("data/mark"));
    CHECK_FALSE(exists("data.clone"));
  }
  SECTION("it is cancelled in the middle") {
    copy_slowly();
    begin(ActionKind::clone, context(&leader), true);
    run_until_half_copied();
    runner->cancel(last_id);
    CHECK(end().outcome == Outcome::cancelled);
    CHECK(exists("data/mark"));
    CHECK_FALSE(exists("data.clone"));
  }
  SECTION("the first source is of another system") {
    Server other(programs, folder, "other");
    ActionContext both = context(&leader);
    other.initdb();
    // initdb's copy has the leader's identifier, so a new one is made.
    fs::remove_all(other.data().path());
    must(programs.tools.initdb({other.data().path(), {"--no-sync"}, "postgres", std::nullopt},
                               Server::superuser_password, 120s, {}));
    other.configure(nullptr);
    other.start();
    (void)other.sql(create_user({"replicator", replication_password, true, false}));
    both.sources = {upstream(other), upstream(leader)};
    begin(ActionKind::clone, both, true);
    CHECK(end().outcome == Outcome::done);
    CHECK(std::any_of(words.begin(), words.end(), [](const std::string& said) {
      return said.find("is of the system") != std::string::npos;
    }));
    CHECK(control().system_identifier == leader.status().system_identifier);
    CHECK_FALSE(exists("data/mark"));
  }
  SECTION("it succeeds") {
    must_run(ActionKind::clone, &leader, true);
    CHECK_FALSE(exists("data/mark"));
    CHECK_FALSE(exists("data.failed"));
    CHECK(exists("data/standby.signal"));
  }
}

TEST_CASE_METHOD(CloneFixture, "data with a tablespace elsewhere is moved aside before the copy", "[clone]") {
  fs::create_directory(folder / "space");
  fs::create_directory(folder / "own_space");
  (void)leader.sql({"CREATE TABLESPACE space LOCATION '" + (folder / "space") + "'"});
  (void)leader.sql({"CREATE TABLE u TABLESPACE space AS SELECT 1 AS x"});
  config.postgres.shared.basebackup.push_back(
      {"tablespace-mapping", (folder / "space") + "=" + (folder / "own_space")});
  must_run(ActionKind::clone, &leader);
  std::ofstream(data + "/mark") << "old";

  copy_slowly();
  begin(ActionKind::clone, context(&leader), true);
  run_until_half_copied();
  runner->cancel(last_id);
  CHECK(end().outcome == Outcome::cancelled);
  CHECK(exists("data.failed/mark"));
  CHECK_FALSE(fs::is_empty(folder / "own_space.failed"));
  CHECK_FALSE(exists("data.clone"));

  // What the try left in the tablespace is not in the way of the next one, and the old data goes only with its success.
  config.postgres.shared.basebackup.pop_back();
  must_run(ActionKind::clone, &leader, true);
  CHECK_FALSE(exists("data/mark"));
  must_run(ActionKind::start_standby, &leader);
  CHECK(ask("SELECT x FROM u") == "1");
}

TEST_CASE_METHOD(CloneFixture, "methods of people's own are tried in their order", "[clone]") {
  make_old_data();
  CustomMethod broken;
  broken.name = "broken";
  broken.command = "/bin/sh -c 'touch \"$0.half\"; mkdir -p " + data + "; touch " + data + "/half; exit 5' " +
                   (folder / "broken");
  CustomMethod copy;
  copy.name = "copy";
  copy.command = "/bin/sh -c 'echo \"$@\" > " + (folder / "called") + "; " + bin_dir +
                 "/pg_basebackup -w -D \"${3#--datadir=}\" -c fast -d \"${4#--connstring=}\"' sh";
  copy.arguments = {{"flavour", "fresh"}, {"no_leader", "1"}};
  config.postgres.shared.create_replica_methods = {"broken", "none such", "copy"};
  config.postgres.shared.methods = {broken, copy};
  must_run(ActionKind::clone, &leader, true);
  CHECK(exists("broken.half"));
  CHECK(read_small_file(folder / "called").value_or("") ==
        "--scope=test --role=replica --datadir=" + data +
            " --connstring=dbname=postgres user=replicator host=127.0.0.1 port=" + leader.port() +
            " --flavour=fresh\n");
  CHECK_FALSE(exists("data/half"));
  CHECK_FALSE(exists("data/mark"));
  CHECK_FALSE(exists("data.failed"));
  CHECK(exists("data/standby.signal"));
  CHECK(control().system_identifier == leader.status().system_identifier);
}

TEST_CASE_METHOD(CloneFixture, "where every method fails the old data is kept", "[clone]") {
  make_old_data();
  CustomMethod broken;
  broken.name = "broken";
  broken.command = "/bin/sh -c 'exit 5'";
  config.postgres.shared.create_replica_methods = {"broken"};
  config.postgres.shared.methods = {broken};
  const ha::ActionResult failed = run(ActionKind::clone, &leader, true);
  CHECK(failed.outcome == Outcome::failed);
  CHECK(exists("data.failed/mark"));
  CHECK(failed.words.find(data + ".failed") != std::string::npos);
}

}  // namespace
}  // namespace tamada::agent
