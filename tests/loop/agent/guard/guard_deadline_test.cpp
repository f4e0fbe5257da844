// The deadline on real servers: nothing is left, whatever state the processes are in.
#include <fstream>

#include "tests/loop/agent/guard/guard_fixture.h"

namespace tamada::guard {
namespace {

class DeadlineFixture : public GuardFixture {
 public:
  // Armed with a lease that ends soon; then all is over, and how long that took.
  void let_it_fire(bool agent_turns = true) {
    const TimePoint lease_end = loop::boot_now() + 1500ms;
    REQUIRE(arm(mine, lease_end) == Outcome::done);
    wait_for_the_end(lease_end, agent_turns);
  }
  void wait_for_the_end(TimePoint lease_end, bool agent_turns = true) {
    const TimePoint limit = lease_end + 30s;
    while (left() > 0) {
      REQUIRE(loop::boot_now() < limit);
      if (agent_turns) run_turns(1);
      usleep(1000);
    }
    const TimePoint over = loop::boot_now();
    CHECK(over >= lease_end - fence_margin);
    UNSCOPED_INFO("over " << to_ms(over - (lease_end - fence_margin)) << " ms after the deadline");
    CHECK(over < lease_end - fence_margin + 5s);
    if (!agent_turns) return;
    CHECK_SOON(status().fence.standing == FenceStanding::fired);
    CHECK_SOON(status().process.kind == ProcessKind::none);
    CHECK_SOON(!status().is_sweeping);
  }
};

TEST_CASE_METHOD(DeadlineFixture, "the deadline ends PostgreSQL, and fired is final", "[guard]") {
  start_postgres();
  REQUIRE(left() > 3);
  let_it_fire();
  CHECK(renew(mine, loop::boot_now() + 60s) == Outcome::fired);
  CHECK(arm(mine, loop::boot_now() + 60s) == Outcome::fired);
  CHECK(arm(newer, loop::boot_now() + 60s) == Outcome::done);
  REQUIRE(start(postgres_launch()) == Outcome::done);
  CHECK(run_until_open());
}

TEST_CASE_METHOD(DeadlineFixture, "the deadline ends a backend that stands still", "[guard]") {
  start_postgres();
  stop_process(session("select pg_sleep(1000)"));
  let_it_fire();
}

TEST_CASE_METHOD(DeadlineFixture, "the deadline ends a backend that commits in a loop", "[guard]") {
  start_postgres();
  committing_session();
  let_it_fire();
}

TEST_CASE_METHOD(DeadlineFixture, "the deadline ends PostgreSQL though its postmaster stands still",
                 "[guard]") {
  start_postgres();
  committing_session();
  stop_process(status().process.pid);
  let_it_fire();
}

TEST_CASE_METHOD(DeadlineFixture, "the deadline fires though the agent stands still", "[guard]") {
  start_postgres();
  let_it_fire(false);
}

TEST_CASE_METHOD(DeadlineFixture, "the deadline fires though the agent is dead", "[guard]") {
  start_postgres();
  const TimePoint lease_end = loop::boot_now() + 1500ms;
  REQUIRE(arm(mine, lease_end) == Outcome::done);
  agent.reset();
  wait_for_the_end(lease_end, false);
  // With neither PostgreSQL nor an agent the guard ends.
  CHECK(run_until([this] { return has_guard_gone(); }, 30s));
}

TEST_CASE_METHOD(DeadlineFixture, "renewals keep PostgreSQL, and those of another lock do not", "[guard]") {
  start_postgres();
  TimePoint lease_end = loop::boot_now() + 1500ms;
  REQUIRE(arm(mine, lease_end) == Outcome::done);
  for (int renewal = 0; renewal < 10; ++renewal) {
    run_for(200ms);
    lease_end = loop::boot_now() + 1500ms;
    REQUIRE(renew(mine, lease_end) == Outcome::done);
    CHECK(renew(newer, lease_end + 60s) == Outcome::other_epoch);
  }
  CHECK(sql("select 1") == "1");
  CHECK(status().fence.lease_end == lease_end);
  wait_for_the_end(lease_end);
}

TEST_CASE_METHOD(DeadlineFixture, "disarmed, PostgreSQL outlives the lease", "[guard]") {
  start_postgres();
  const TimePoint lease_end = loop::boot_now() + 1000ms;
  REQUIRE(arm(mine, lease_end) == Outcome::done);
  const GuardAnswer gone = answer([&](auto then) { client().disarm(mine, DisarmReason::server_gone, then); });
  CHECK(gone.outcome == Outcome::still_running);
  const GuardAnswer given = answer([&](auto then) { client().disarm(mine, DisarmReason::paused, then); });
  REQUIRE(given.outcome == Outcome::done);
  REQUIRE(run_until([&] { return loop::boot_now() > lease_end + 200ms; }));
  CHECK(sql("select 1") == "1");
  CHECK(status().fence.standing == FenceStanding::disarmed);
}

TEST_CASE_METHOD(DeadlineFixture, "what is written off ends at once", "[guard]") {
  start_postgres();
  REQUIRE(arm(mine, loop::boot_now() + 3600s) == Outcome::done);
  REQUIRE(renew(mine, TimePoint{}) == Outcome::done);
  CHECK(run_until([this] { return left() == 0; }, 30s));
}

TEST_CASE_METHOD(DeadlineFixture, "the deadline holds where memory may not be locked, and that is said",
                 "[guard]") {
  use_command({"/usr/bin/prlimit", "--memlock=0:0", "--"});
  start_postgres();
  CHECK(status().abilities.memory_lock_code != 0);
  CHECK(status().abilities.sees_processes);
  let_it_fire();
}

TEST_CASE_METHOD(DeadlineFixture, "a server that somebody else started is adopted, and fenced", "[guard]") {
  const pid_t stranger = start_stranger();
  connect();
  const auto adopt = [this](const ProcessIdentity& process) {
    return answer([&](auto then) { client().adopt(process, then); }).outcome;
  };
  const std::uint64_t since = processes.start_time(stranger);
  // Not beside it, and not another one.
  CHECK(start(postgres_launch()) == Outcome::leftovers);
  CHECK(adopt({stranger, since + 1}) == Outcome::not_ours);
  CHECK(adopt({getpid(), processes.start_time(getpid())}) == Outcome::not_ours);
  REQUIRE(adopt({stranger, since}) == Outcome::done);
  CHECK(status().process == ProcessState{ProcessKind::postmaster, stranger, since, true, false});
  let_it_fire();
  CHECK(status().last_end.kind == EndKind::unknown);
}

TEST_CASE_METHOD(DeadlineFixture, "an adopted server that ends by itself is noticed", "[guard]") {
  const pid_t stranger = adopt_server();
  ::kill(stranger, SIGINT);
  CHECK(run_until([this] { return status().process.kind == ProcessKind::none; }, 60s));
  CHECK(status().last_end.kind == EndKind::unknown);
}

}  // namespace
}  // namespace tamada::guard
