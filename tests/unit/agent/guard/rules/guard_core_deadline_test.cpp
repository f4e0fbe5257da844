// The deadline, the agent's coming and going, and the guard's own end.
#include "tests/unit/agent/guard/rules/played_guard.h"

namespace tamada::guard {
namespace {

class ArmedGuard : public PlayedGuard {
 public:
  ArmedGuard() {
    run(ProcessKind::postmaster);
    REQUIRE(arm(mine, 10s) == Outcome::done);
    look();
  }
};

TEST_CASE_METHOD(ArmedGuard, "the deadline ends the postmaster and every process of its directory",
                 "[guard]") {
  CHECK(core.next_turn() == now + 9500ms);
  wait(9499ms);
  CHECK(wanted.empty());
  wait(1ms);
  CHECK(wants(EffectKind::signal_process, postmaster_pid, SIGQUIT));
  CHECK(wants(EffectKind::sweep, 0, SIGQUIT));
  // What is to be ended comes before what is to be told.
  REQUIRE(wanted.size() >= 3);
  CHECK(wanted[0].kind == EffectKind::signal_process);
  CHECK(wanted[1].kind == EffectKind::sweep);
  CHECK(standing() == FenceStanding::fired);
  take(core.swept(5, now));
  look();
  wait(100ms);
  CHECK(wants(EffectKind::signal_process, postmaster_pid, SIGKILL));
  CHECK(wants(EffectKind::sweep, 0, SIGKILL));
}

TEST_CASE_METHOD(ArmedGuard, "a sweep is not over while the postmaster is there", "[guard]") {
  wait(10s);
  for (int round = 0; round < 50; ++round) {
    take(core.swept(0, now));
    wait(100ms);
  }
  CHECK(core.status().is_sweeping);
  CHECK(core.status().left == 1);
  end(postmaster_pid, EndKind::signalled, SIGKILL);
  finish_sweep();
  CHECK(core.status().left == 0);
  CHECK(core.status().process.kind == ProcessKind::none);
}

TEST_CASE_METHOD(ArmedGuard,
                 "the agent hears how many are left when that changes, and the log when nobody is",
                 "[guard]") {
  const auto says_swept = [this] {
    return std::ranges::count_if(wanted, [](const Effect& effect) {
      return effect.kind == EffectKind::say && effect.notice == Notice::swept;
    });
  };
  wait(10s);
  look();
  take(core.swept(3, now));
  CHECK(wants(EffectKind::report));
  look();
  take(core.swept(3, now));
  CHECK_FALSE(wants(EffectKind::report));
  take(core.swept(2, now));
  CHECK(wants(EffectKind::report));
  CHECK(says_swept() == 0);
  end(postmaster_pid, EndKind::signalled, SIGKILL);
  look();
  finish_sweep();
  CHECK(wants(EffectKind::report));
  CHECK(says_swept() == 1);
}

TEST_CASE_METHOD(ArmedGuard, "renewals move the deadline", "[guard]") {
  for (int renewal = 0; renewal < 5; ++renewal) {
    wait(5s);
    CHECK(renew(mine, 10s) == Outcome::done);
  }
  CHECK(standing() == FenceStanding::armed);
  wait(9500ms);
  CHECK(standing() == FenceStanding::fired);
}

TEST_CASE_METHOD(ArmedGuard, "a renewal that waited while nothing ran comes after the deadline", "[guard]") {
  now += 3600s;
  CHECK(renew(mine, 10s) == Outcome::fired);
  CHECK(standing() == FenceStanding::fired);
  CHECK(wants(EffectKind::sweep, 0, SIGQUIT));
}

TEST_CASE_METHOD(ArmedGuard, "whatever happens after the deadline, the deadline comes first", "[guard]") {
  now += 3600s;
  SECTION("an agent's end") {
    take(core.agent_left(now));
  }
  SECTION("a child's end") {
    end(1);
  }
  SECTION("a message that nobody can read") {
    take(core.unreadable_request(now));
  }
  SECTION("disarming") {
    CHECK(disarm(mine, DisarmReason::in_recovery) == Outcome::fired);
  }
  SECTION("a promotion") {
    CHECK(promote(mine, 10s) == Outcome::sweeping);
  }
  SECTION("a greeting") {
    CHECK(ask(of(RequestKind::hello)) == Outcome::done);
  }
  CHECK(standing() == FenceStanding::fired);
  CHECK(wants(EffectKind::sweep, 0, SIGQUIT));
}

TEST_CASE_METHOD(ArmedGuard, "a renewal into the past fires at once", "[guard]") {
  CHECK(renew(mine, -100s) == Outcome::done);
  CHECK(standing() == FenceStanding::fired);
  CHECK(wants(EffectKind::sweep, 0, SIGQUIT));
}

TEST_CASE_METHOD(ArmedGuard, "a renewal of another epoch neither moves nor fires", "[guard]") {
  CHECK(renew(newer, -100s) == Outcome::other_epoch);
  CHECK(renew(newer, 100s) == Outcome::other_epoch);
  CHECK(standing() == FenceStanding::armed);
  wait(9500ms);
  CHECK(standing() == FenceStanding::fired);
}

TEST_CASE_METHOD(ArmedGuard, "the deadline fires without an agent", "[guard]") {
  take(core.agent_left(now));
  CHECK_FALSE(wants(EffectKind::leave));
  CHECK_FALSE(wants(EffectKind::signal_process));
  look();
  wait(9500ms);
  CHECK(wants(EffectKind::signal_process, postmaster_pid, SIGQUIT));
  CHECK_FALSE(wants(EffectKind::report));
  end(postmaster_pid);
  finish_sweep();
  CHECK(wants(EffectKind::leave));
}

TEST_CASE_METHOD(ArmedGuard, "another lock is not armed while processes are being ended", "[guard]") {
  wait(10s);
  CHECK(arm(newer, 10s) == Outcome::sweeping);
  end(postmaster_pid);
  finish_sweep();
  CHECK(arm(mine, 10s) == Outcome::fired);
  CHECK(arm(newer, 10s) == Outcome::done);
}

TEST_CASE_METHOD(ArmedGuard, "PostgreSQL is not said to be gone where the guard knows better", "[guard]") {
  const DisarmReason reason = GENERATE(DisarmReason::server_gone, DisarmReason::clean_stop);
  CHECK(disarm(mine, reason) == Outcome::still_running);
  CHECK(standing() == FenceStanding::armed);
  end(postmaster_pid);
  CHECK(disarm(mine, reason) == Outcome::still_running);  // its children may be there
  finish_sweep();
  CHECK(standing() == FenceStanding::armed);
  CHECK(disarm(mine, reason) == Outcome::done);
  CHECK(standing() == FenceStanding::disarmed);
}

TEST_CASE_METHOD(ArmedGuard, "what only the agent can know disarms while PostgreSQL runs", "[guard]") {
  const DisarmReason reason =
      GENERATE(DisarmReason::in_recovery, DisarmReason::no_sessions, DisarmReason::paused);
  CHECK(disarm(newer, reason) == Outcome::other_epoch);
  CHECK(standing() == FenceStanding::armed);
  CHECK(disarm(mine, reason) == Outcome::done);
  look();
  wait(3600s);
  CHECK(wanted.empty());
}

TEST_CASE_METHOD(ArmedGuard, "the deadline stays when PostgreSQL ends, and fires without it", "[guard]") {
  end(postmaster_pid);
  finish_sweep();
  CHECK(standing() == FenceStanding::armed);
  wait(10s);
  CHECK(standing() == FenceStanding::fired);
  CHECK_FALSE(wants(EffectKind::signal_process));
}

TEST_CASE_METHOD(ArmedGuard, "each change is told to the agent once, with the answer or without", "[guard]") {
  const auto reports = [this] {
    return std::ranges::count_if(wanted, [](const Effect& e) { return e.kind == EffectKind::report; });
  };
  CHECK(renew(mine, 20s) == Outcome::done);
  CHECK(reports() == 1);
  look();
  end(postmaster_pid);
  CHECK(reports() == 1);
  CHECK(wanted.back().request == 0);
  look();
  wait(1ms);
  CHECK(reports() == 0);
}

TEST_CASE_METHOD(PlayedGuard, "what cannot be read is answered", "[guard]") {
  take(core.unreadable_request(now));
  REQUIRE(wanted.size() == 1);
  CHECK(wanted[0].outcome == Outcome::invalid);
}

TEST_CASE("a guard waits for its first agent for a while, and then leaves", "[guard]") {
  const TimePoint born{50s};
  GuardCore core(born, {});
  CHECK(core.next_turn() == born + 10s);
  CHECK(core.turn(born + 10s - 1us).size() == 0);
  const EffectList effects = core.turn(born + 10s);
  REQUIRE(effects.size() == 1);
  CHECK(effects.begin()->kind == EffectKind::leave);
}

TEST_CASE_METHOD(PlayedGuard, "with neither PostgreSQL nor an agent the guard leaves", "[guard]") {
  CHECK(core.has_agent());
  wait(3600s);
  CHECK(wanted.empty());
  take(core.agent_left(now));
  CHECK(wants(EffectKind::leave));
}

TEST_CASE_METHOD(PlayedGuard, "with PostgreSQL and without an agent it stays until PostgreSQL has gone",
                 "[guard]") {
  run(ProcessKind::postmaster);
  take(core.agent_left(now));
  wait(3600s);
  CHECK_FALSE(wants(EffectKind::leave));
  SECTION("an agent that comes back keeps it") {
    take(core.agent_came(now));
    end(postmaster_pid);
    finish_sweep();
    CHECK_FALSE(wants(EffectKind::leave));
  }
  SECTION("the end of PostgreSQL is its own, after the sweep") {
    end(postmaster_pid);
    CHECK_FALSE(wants(EffectKind::leave));
    finish_sweep(3);
    CHECK(wants(EffectKind::leave));
  }
}

}  // namespace
}  // namespace tamada::guard
