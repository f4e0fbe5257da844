// Who outlives whom: the agent, the guard, PostgreSQL, and what its end leaves.
#include <sys/prctl.h>

#include <fstream>

#include "tests/loop/agent/guard/guard_fixture.h"

namespace tamada::guard {
namespace {

TEST_CASE_METHOD(GuardFixture, "a guard is started where there is none, and leaves with its agent",
                 "[guard]") {
  connect();
  const GuardStatus& now = status();
  CHECK(now.guard > 0);
  CHECK(now.abilities.sees_processes);
  CHECK(now.process.kind == ProcessKind::none);
  CHECK(now.fence.standing == FenceStanding::disarmed);
  CHECK_FALSE(client().guard_version().empty());
  CHECK(std::filesystem::exists(place.socket_path()));
  const pid_t guard = now.guard;
  agent.reset();
  CHECK(run_until([guard] { return is_gone(guard); }, 30s));
  CHECK_FALSE(std::filesystem::exists(place.socket_path()));
  // And another follows.
  connect();
  CHECK(status().guard != guard);
}

TEST_CASE_METHOD(GuardFixture, "PostgreSQL runs under the guard, and a clean stop leaves nothing",
                 "[guard]") {
  start_postgres();
  // That the child has become PostgreSQL is told a little later.
  REQUIRE(run_until([this] { return !status().process.is_starting; }, 60s));
  const ProcessState process = status().process;
  CHECK(process.kind == ProcessKind::postmaster);
  CHECK(process.start_time == processes.start_time(process.pid));
  CHECK(start(postgres_launch()) == Outcome::busy);
  CHECK(signal(SIGUSR1) == Outcome::invalid);
  REQUIRE(signal(SIGINT) == Outcome::done);
  REQUIRE(run_until([this] { return status().process.kind == ProcessKind::none; }, 60s));
  CHECK(status().last_end.kind == EndKind::exited);
  CHECK(status().last_end.value == 0);
  CHECK(status().last_end.process == process);
  CHECK_SOON(!status().is_sweeping);
  CHECK(left() == 0);
  REQUIRE(start(postgres_launch()) == Outcome::done);
  CHECK(run_until_open());
}

TEST_CASE_METHOD(GuardFixture, "what cannot be started says at which step, and why", "[guard]") {
  make_data();
  connect();
  GuardLaunch launch = postgres_launch();
  LaunchStage stage = LaunchStage::program;
  int code = ENOENT;
  SECTION("no such program") {
    launch.program = "/nowhere/postgres";
  }
  SECTION("no such directory") {
    launch.directory = folder / "nowhere";
    stage = LaunchStage::directory;
  }
  SECTION("an output that cannot be opened") {
    launch.output_file = folder / "nowhere/log";
    stage = LaunchStage::output;
  }
  SECTION("a program that may not be run") {
    launch.program = data + "/PG_VERSION";
    code = EACCES;
  }
  REQUIRE(start(std::move(launch)) == Outcome::done);
  REQUIRE(run_until([this] { return status().last_end.kind != EndKind::none; }, 30s));
  CHECK(status().last_end.kind == EndKind::not_started);
  CHECK(status().last_end.stage == stage);
  CHECK(status().last_end.value == code);
  CHECK_SOON(!status().is_sweeping);
  CHECK(start(postgres_launch()) == Outcome::done);
}

TEST_CASE_METHOD(GuardFixture, "PostgreSQL outlives its agent, and the next one finds it all", "[guard]") {
  start_postgres();
  const TimePoint lease_end = loop::boot_now() + 3600s;
  REQUIRE(arm(mine, lease_end) == Outcome::done);
  const GuardStatus before = status();
  agent.reset();
  run_for(200ms);
  connect();
  CHECK(status().guard == before.guard);
  CHECK(status().process == before.process);
  CHECK(status().fence == before.fence);
  CHECK(status().fence.epoch == mine);
  CHECK(status().fence.lease_end == lease_end);
  CHECK(sql("select 1") == "1");
  CHECK(renew(mine, lease_end + 1s) == Outcome::done);
}

TEST_CASE_METHOD(GuardFixture, "an agent that comes back hears how PostgreSQL ended meanwhile", "[guard]") {
  start_postgres();
  const pid_t postmaster = status().process.pid;
  stop_process(status().guard);
  agent.reset();
  ::kill(postmaster, SIGKILL);
  // The new agent is in the queue before the guard looks again, so that it stays.
  agent = std::make_unique<KeptAgent>(loop, place);
  agent->client->open();
  run_for(200ms);
  ::kill(guards.front().pid, SIGCONT);
  REQUIRE(run_until([this] { return agent->ready == 1; }, 30s));
  CHECK_SOON(status().last_end.kind == EndKind::signalled);
  CHECK(status().last_end.value == SIGKILL);
  CHECK(status().last_end.process.pid == postmaster);
  CHECK_SOON(!status().is_sweeping);
}

TEST_CASE_METHOD(GuardFixture, "the guard's death ends PostgreSQL and its backends", "[guard]") {
  start_postgres();
  committing_session();
  ::kill(status().guard, SIGKILL);
  REQUIRE(run_until([this] { return !agent->lost.empty(); }, 30s));
  CHECK(agent->lost.front().kind == GuardFailure::Kind::lost);
  CHECK(run_until([this] { return left() == 0; }, 60s));
  // The same client finds or starts the next one.
  agent->client->open();
  REQUIRE(run_until([this] { return agent->ready == 2; }, 30s));
  keep_guard(status().guard);
  REQUIRE(start(postgres_launch()) == Outcome::done);
  CHECK(run_until_open());
}

TEST_CASE_METHOD(GuardFixture, "requests that were open when the guard died fail", "[guard]") {
  connect();
  stop_process(status().guard);
  std::optional<GuardClient::Answered> got;
  client().renew(mine, loop::boot_now(), [&got](const auto& given) { got = given; });
  run_turns();
  CHECK_FALSE(got.has_value());
  ::kill(guards.front().pid, SIGKILL);
  REQUIRE(run_until([&got] { return got.has_value(); }, 30s));
  REQUIRE_FALSE(got->has_value());
  CHECK(got->error().kind == GuardFailure::Kind::lost);
  // And those that come later at once.
  got.reset();
  client().sweep([&got](const auto& given) { got = given; });
  REQUIRE(got.has_value());
  CHECK_FALSE(got->has_value());
}

TEST_CASE_METHOD(GuardFixture,
                 "what outlived a guard's death keeps the next from starting, until it is swept", "[guard]") {
  // The guard's orphans become this process's children, which reaps them: a zombie keeps PostgreSQL from
  // starting, and not every container has somebody who reaps.
  REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
  start_postgres();
  const pid_t postmaster = status().process.pid;
  stop_process(postmaster);  // so it does not see that its guard has died
  ::kill(status().guard, SIGKILL);
  REQUIRE(run_until([this] { return !agent->lost.empty(); }, 30s));
  connect();
  CHECK(start(postgres_launch()) == Outcome::leftovers);
  CHECK(sweep() == Outcome::done);
  CHECK(left() == 0);
  CHECK(run_until([postmaster] { return waitpid(postmaster, nullptr, WNOHANG) == postmaster; }, 30s));
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  REQUIRE(start(postgres_launch()) == Outcome::done);
  CHECK(run_until_open());
}

TEST_CASE_METHOD(GuardFixture, "backends that outlive their postmaster are ended before anything is started",
                 "[guard]") {
  start_postgres();
  const pid_t committing = committing_session();
  const pid_t standing = session("select pg_sleep(1000)");
  stop_process(standing);
  ::kill(status().process.pid, SIGKILL);
  REQUIRE(run_until([this] { return status().process.kind == ProcessKind::none; }, 30s));
  REQUIRE(run_until([this] { return !status().is_sweeping; }, 30s));
  CHECK(left() == 0);
  CHECK(is_gone(committing));
  CHECK(is_gone(standing));
  REQUIRE(start(postgres_launch()) == Outcome::done);
  CHECK(run_until_open());
}

TEST_CASE_METHOD(GuardFixture, "PostgreSQL that was replaced on the disk is found all the same", "[guard]") {
  make_data();
  // A copy of the program, with the rest of the installation by links.
  const std::string bin = folder / "install/bin";
  std::filesystem::create_directories(bin);
  std::filesystem::copy_file(postgres::programs + "postgres", bin + "/postgres");
  std::filesystem::create_directory_symlink("/usr/lib/postgresql/15/lib", folder / "install/lib");
  connect();
  GuardLaunch launch = postgres_launch();
  launch.program = bin + "/postgres";
  launch.arguments[0] = launch.program;
  REQUIRE(start(std::move(launch)) == Outcome::done);
  REQUIRE(run_until_open());
  std::filesystem::remove(bin + "/postgres");
  // Backends come and go, the one that was asked whether it is open among them: so the count is compared with
  // what the kernel knows at the same moment.
  const pid_t postmaster = status().process.pid;
  CHECK(run_until([&] { return left() > 3 && left() == 1 + children_of(postmaster); }, 30s));
  CHECK(sweep() == Outcome::done);
  CHECK(left() == 0);
}

TEST_CASE_METHOD(GuardFixture, "a folder of state whose path is too long for a socket serves all the same",
                 "[guard]") {
  const std::string deep = folder / std::string(200, 'd');
  std::filesystem::create_directory(deep);
  postgres::own_by_postgres(deep);
  const auto command = place.command;
  const auto found = GuardPlace::find(data, "node1", deep);
  REQUIRE(found.has_value());
  place = *found;
  place.command = command;
  REQUIRE(place.socket_path().size() > 200);
  start_postgres();
  // The next agent finds it there.
  agent.reset();
  connect();
  CHECK(status().process.kind == ProcessKind::postmaster);
}

TEST_CASE_METHOD(GuardFixture, "a second agent on one data directory is told who is there", "[guard]") {
  connect();
  KeptAgent second(loop, place);
  second.client->open();
  REQUIRE(run_until([&] { return !second.lost.empty(); }, 30s));
  CHECK(second.ready == 0);
  CHECK(second.lost.front().kind == GuardFailure::Kind::other_agent);
  CHECK(second.lost.front().words == "the guard of " + data + " has another agent, process " +
                                         std::to_string(getpid()) + ": is this one started twice?");
  CHECK(agent->lost.empty());
  // Once the first has gone, it may.
  agent.reset();
  second.client->open();
  REQUIRE(run_until([&] { return second.ready == 1 || second.lost.size() == 2; }, 30s));
  REQUIRE(second.ready == 1);
  keep_guard(second.client->status().guard);
}

TEST_CASE_METHOD(GuardFixture, "an agent of another name on one data directory gets no guard", "[guard]") {
  connect();
  GuardPlace other = place;
  other.node = "node2";
  KeptAgent second(loop, other);
  second.client->open();
  REQUIRE(run_until([&] { return !second.lost.empty(); }, 30s));
  CHECK(second.lost.front().kind == GuardFailure::Kind::in_use);
  CHECK(second.lost.front().words == "the data directory " + data + " is in use by another guard (process " +
                                         std::to_string(status().guard) +
                                         "); give each agent a data directory of its own");
}

TEST_CASE_METHOD(GuardFixture, "a guard that cannot be started says why", "[guard]") {
  SECTION("no such program") {
    place.command = {"/nowhere/tamada-guard"};
  }
  SECTION("a program that is none") {
    place.command = {"/bin/true"};
  }
  SECTION("a folder that it may not write in") {
    std::filesystem::permissions(folder / "state", std::filesystem::perms(0555));
    if (geteuid() == 0) REQUIRE(chown((folder / "state").c_str(), 0, 0) == 0);
  }
  agent = std::make_unique<KeptAgent>(loop, place);
  agent->client->open();
  REQUIRE(run_until([&] { return !agent->lost.empty(); }, 30s));
  CHECK(agent->lost.front().kind == GuardFailure::Kind::not_started);
  CHECK_FALSE(agent->lost.front().words.empty());
}

TEST_CASE_METHOD(GuardFixture, "a guard that stands still is told after a while", "[guard]") {
  connect();
  stop_process(status().guard);
  agent.reset();
  agent = std::make_unique<KeptAgent>(loop, place);
  agent->client->open();
  REQUIRE(run_until([this] { return !agent->lost.empty(); }, 30s));
  CHECK(agent->lost.front().kind == GuardFailure::Kind::no_answer);
}

TEST_CASE_METHOD(GuardFixture, "a folder of state within the data directory is refused", "[guard]") {
  make_data();
  std::filesystem::create_directory(data + "/state");
  CHECK_FALSE(GuardPlace::find(data, "node1", data + "/state").has_value());
  CHECK_FALSE(GuardPlace::find(data, "node1", data).has_value());
  CHECK_FALSE(GuardPlace::find(data, "node1", folder / "nowhere").has_value());
  CHECK_FALSE(GuardPlace::find(folder / "nowhere/data", "node1", folder / "state").has_value());
  std::filesystem::create_directory_symlink(data, folder / "link");
  CHECK(GuardPlace::find(folder / "link", "node1", folder / "state")->data_directory == data);
  CHECK(GuardPlace::find(folder / "later/", "node1", folder / "state")->data_directory == folder / "later");
}

}  // namespace
}  // namespace tamada::guard
