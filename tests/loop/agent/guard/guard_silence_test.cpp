// A guard that is stopped: its client does not wait for it, and finds it again when it goes on.
#include <thread>

#include "tests/loop/agent/guard/guard_fixture.h"

namespace tamada::guard {
namespace {

TEST_CASE_METHOD(GuardFixture,
                 "a guard that is stopped is lost as silent, and found as it was when it goes on",
                 "[guard]") {
  start_postgres();
  REQUIRE(arm(mine, loop::boot_now() + 3600s) == Outcome::done);
  const GuardStatus before = status();
  const TimePoint begun = loop::boot_now();
  stop_process(before.guard);
  REQUIRE(run_until([this] { return !agent->lost.empty(); }, 30s));
  CHECK(loop::boot_now() - begun >= GuardClient::silence - GuardClient::ask_every);
  CHECK(agent->lost.back().kind == GuardFailure::Kind::silent);
  CHECK_FALSE(agent->lost.back().may_still_start);
  CHECK(status().process.pid == before.process.pid);
  CHECK(sql("select 1") == "1");

  // It takes connections into its queue, and answers none of them.
  client().open();
  REQUIRE(run_until([this] { return agent->lost.size() == 2; }, 30s));
  CHECK(agent->lost.back().kind == GuardFailure::Kind::no_answer);

  ::kill(before.guard, SIGCONT);
  // It may see the former connection's end only after this one's beginning.
  const auto is_found = [this] {
    if (agent->ready < 2) client().open();
    return agent->ready == 2;
  };
  REQUIRE(run_until(is_found, 30s));
  CHECK(status().guard == before.guard);
  CHECK(status().process == before.process);
  CHECK(status().fence.standing == FenceStanding::armed);
}

TEST_CASE_METHOD(GuardFixture, "a guard that was stopped for a second has not been silent", "[guard]") {
  connect();
  stop_process(status().guard);
  const TimePoint until = loop::boot_now() + 1s;
  (void)run_until([until] { return loop::boot_now() >= until; }, 30s);
  ::kill(status().guard, SIGCONT);
  CHECK(arm(mine, loop::boot_now() + 3600s) == Outcome::done);
  CHECK(agent->lost.empty());
}

TEST_CASE_METHOD(GuardFixture,
                 "a guard that is lost as silent may still carry out the start that it was asked for",
                 "[guard]") {
  make_data();
  connect();
  const pid_t guard = status().guard;
  stop_process(guard);
  bool is_answered = false;
  bool has_failed = false;
  client().start(postgres_launch(), std::nullopt, [&](const GuardClient::Answered& answered) {
    is_answered = true;
    has_failed = !answered;
  });
  REQUIRE(run_until([this] { return !agent->lost.empty(); }, 30s));
  CHECK(is_answered);
  CHECK(has_failed);
  CHECK(agent->lost.back().kind == GuardFailure::Kind::silent);
  CHECK(agent->lost.back().may_still_start);
  ::kill(guard, SIGCONT);
  CHECK(run_until([this] { return left() > 0; }, 30s));
}

TEST_CASE_METHOD(GuardFixture, "an agent that stood still itself does not take that for its guard's silence",
                 "[guard]") {
  connect();
  // Nothing of this loop runs meanwhile.
  std::this_thread::sleep_for(GuardClient::silence + 2 * GuardClient::ask_every);
  CHECK(arm(mine, loop::boot_now() + 3600s) == Outcome::done);
  CHECK(agent->lost.empty());
}

}  // namespace
}  // namespace tamada::guard
