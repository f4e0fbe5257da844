// The end of a server whose guard is stopped, by the agent's own hand.
#include "tests/loop/agent/server/actions/actions_fixture.h"

namespace tamada::agent {
namespace {

using ha::ActionKind;

// A primary that runs, and a guard that its agent has given up.
struct MissingGuard : ActionsFixture {
  MissingGuard() {
    hold_lock();
    must_run(ActionKind::start_primary);
    REQUIRE(run_until([this] { return !status().process.is_starting; }, 60s));
    stop_process(status().guard);
    REQUIRE(run_until([this] { return !agent->lost.empty(); }, 30s));
    hands->on_missing(status());
  }
};

TEST_CASE_METHOD(MissingGuard, "a server is stopped in good order without its guard", "[actions]") {
  CHECK(run(ActionKind::stop_fast).outcome == Outcome::done);
  CHECK(left() == 0);
  CHECK(control_state() == ClusterState::shut_down);
  CHECK(has_said("the agent stops PostgreSQL by itself"));
  // Nothing is there to be stopped.
  must_run(ActionKind::stop_fast);
  must_run(ActionKind::stop_immediate);
}

TEST_CASE_METHOD(MissingGuard, "a server that does not stop is ended before the lock ends", "[actions]") {
  stop_process(session("select pg_sleep(1000)"));
  ActionContext with = context();
  with.lease_end = loop::boot_now() + 4s;
  CHECK(run(ActionKind::stop_fast, with).outcome == Outcome::done);
  CHECK(loop::boot_now() < with.lease_end - 1s);
  CHECK(left() == 0);
  CHECK(control_state() == ClusterState::in_production);
}

TEST_CASE_METHOD(MissingGuard, "a server that may write without a lock is ended at once without its guard",
                 "[actions]") {
  stop_process(session("select pg_sleep(1000)"));
  ActionContext with = context();
  with.epoch.reset();
  with.last_look.view.kind = ha::ServerKind::primary;
  const TimePoint begun = loop::boot_now();
  CHECK(run(ActionKind::stop_fast, with).outcome == Outcome::done);
  CHECK(loop::boot_now() - begun < 3s);
  CHECK(left() == 0);
}

TEST_CASE_METHOD(MissingGuard, "every process is ended at once without the guard", "[actions]") {
  stop_process(session("select pg_sleep(1000)"));
  must_run(ActionKind::stop_immediate);
  CHECK(left() == 0);
}

TEST_CASE_METHOD(MissingGuard, "nothing is begun without the guard that would stop the server first",
                 "[actions]") {
  for (const ActionKind kind :
       {ActionKind::restart, ActionKind::clone, ActionKind::rewind, ActionKind::promote}) {
    const ha::ActionResult got = run(kind);
    CHECK(got.outcome == Outcome::failed);
    CHECK(got.words == "the guard is missing");
  }
  CHECK(sql("select 1") == "1");
}

}  // namespace
}  // namespace tamada::agent
