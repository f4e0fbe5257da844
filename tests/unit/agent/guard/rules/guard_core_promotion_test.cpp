#include "tests/unit/agent/guard/rules/played_guard.h"

namespace tamada::guard {
namespace {

class Promoting : public PlayedGuard {
 public:
  Promoting() {
    run(ProcessKind::postmaster);
    REQUIRE(arm(mine, 10s) == Outcome::done);
    look();
  }
  // A child is at it.
  void begin() {
    REQUIRE(promote(mine, 10s) == Outcome::done);
    take(core.helper_started(helper_pid, now));
    look();
  }
  [[nodiscard]] TimePoint until() const {
    for (const Effect& effect : wanted) {
      if (effect.kind == EffectKind::promote) return effect.until;
    }
    return TimePoint::max();
  }
};

TEST_CASE_METHOD(Promoting, "a promotion goes on while the deadline holds, and says when it is done",
                 "[guard]") {
  CHECK(promote(mine, 10s) == Outcome::done);
  CHECK(until() == now + 9500ms);
  CHECK(promotion() == PromotionStage::running);
  CHECK(core.status().promotion.epoch == mine);
  take(core.helper_started(helper_pid, now));
  end(helper_pid, EndKind::exited, 0);
  CHECK(promotion() == PromotionStage::done);
}

TEST_CASE_METHOD(Promoting, "the earlier of the two times counts", "[guard]") {
  SECTION("the request's") {
    CHECK(promote(mine, 5s) == Outcome::done);
    CHECK(until() == now + 4500ms);
  }
  SECTION("the deadline's") {
    CHECK(promote(mine, 100s) == Outcome::done);
    CHECK(until() == now + 9500ms);
  }
}

TEST_CASE_METHOD(Promoting, "nothing is promoted past the deadline, or without this lock", "[guard]") {
  CHECK(promote(mine, 500ms) == Outcome::too_late);
  CHECK(promote(mine, 501ms) == Outcome::done);
  end(helper_pid);
  look();
  PlayedGuard other;
  other.run(ProcessKind::postmaster);
  CHECK(other.promote(mine, 10s) == Outcome::not_armed);
  CHECK(other.arm(newer, 10s) == Outcome::done);
  CHECK(other.promote(mine, 10s) == Outcome::other_epoch);
  other.wait(10s);
  other.end(postmaster_pid);
  other.finish_sweep();
  other.run(ProcessKind::postmaster);
  CHECK(other.promote(newer, 10s) == Outcome::fired);
  CHECK(other.promote(newer, 10s, true) == Outcome::fired);
  CHECK_FALSE(other.wants(EffectKind::promote));
}

TEST_CASE_METHOD(PlayedGuard, "in pause the lock's end alone counts, and nothing is armed", "[guard]") {
  run(ProcessKind::postmaster);
  CHECK(promote(mine, 500ms, true) == Outcome::too_late);
  CHECK(promote(mine, 10s, true) == Outcome::done);
  CHECK(wants(EffectKind::promote));
  CHECK(standing() == FenceStanding::disarmed);
}

TEST_CASE_METHOD(Promoting, "where there is a deadline, it counts in pause as well", "[guard]") {
  CHECK(promote(newer, 10s, true) == Outcome::other_epoch);
  CHECK(promote(mine, 100s, true) == Outcome::done);
  CHECK(until() == now + 9500ms);
}

TEST_CASE_METHOD(PlayedGuard, "what does not run is not promoted", "[guard]") {
  CHECK(arm(mine, 10s) == Outcome::done);
  CHECK(promote(mine, 10s) == Outcome::not_running);
  CHECK(ask(start_of(ProcessKind::postmaster)) == std::nullopt);
  take(core.launched(postmaster_pid, 99, now));
  CHECK(promote(mine, 10s) == Outcome::not_running);
  take(core.program_runs(now));
  CHECK(promote(mine, 10s) == Outcome::done);
}

TEST_CASE_METHOD(PlayedGuard, "a tool is not promoted", "[guard]") {
  CHECK(arm(mine, 10s) == Outcome::done);
  run(ProcessKind::tool);
  CHECK(promote(mine, 10s) == Outcome::not_running);
}

TEST_CASE_METHOD(Promoting, "one promotion at a time", "[guard]") {
  begin();
  CHECK(promote(mine, 10s) == Outcome::busy);
  end(helper_pid);
  CHECK(promote(mine, 10s) == Outcome::done);
}

TEST_CASE_METHOD(Promoting, "a promotion that came too late, or failed, says so", "[guard]") {
  begin();
  SECTION("late") {
    end(helper_pid, EndKind::exited, GuardCore::exit_late);
    CHECK(promotion() == PromotionStage::late);
  }
  SECTION("the disk is full") {
    end(helper_pid, EndKind::exited, 28);
    CHECK(promotion() == PromotionStage::failed);
    CHECK(core.status().promotion.code == 28);
  }
  CHECK_FALSE(wants(EffectKind::unpromote));
}

TEST_CASE_METHOD(Promoting, "a child that cannot be made is a promotion that failed", "[guard]") {
  CHECK(promote(mine, 10s) == Outcome::done);
  take(core.helper_failed(11, now));
  CHECK(promotion() == PromotionStage::failed);
  CHECK(core.status().promotion.code == 11);
}

TEST_CASE_METHOD(Promoting, "called off, the file is removed once the child that made it is gone",
                 "[guard]") {
  begin();
  CHECK(ask(of(RequestKind::call_off)) == Outcome::done);
  CHECK(promotion() == PromotionStage::calling_off);
  CHECK(wants(EffectKind::signal_process, helper_pid, SIGKILL));
  CHECK_FALSE(wants(EffectKind::unpromote));
  CHECK(promote(mine, 10s) == Outcome::busy);
  SECTION("the child was killed") {
    end(helper_pid, EndKind::signalled, SIGKILL);
  }
  SECTION("the child had finished") {
    end(helper_pid, EndKind::exited, 0);
  }
  SECTION("the child was late") {
    end(helper_pid, EndKind::exited, GuardCore::exit_late);
  }
  CHECK(wants(EffectKind::unpromote));
  CHECK(promotion() == PromotionStage::removing);
  take(core.helper_started(helper_pid + 1, now));
  CHECK(promote(mine, 10s) == Outcome::busy);
  end(helper_pid + 1, EndKind::exited, 0);
  CHECK(promotion() == PromotionStage::called_off);
  CHECK(promote(mine, 10s) == Outcome::done);
}

TEST_CASE_METHOD(Promoting, "called off twice, the file is removed once", "[guard]") {
  begin();
  CHECK(ask(of(RequestKind::call_off)) == Outcome::done);
  end(helper_pid, EndKind::signalled, SIGKILL);
  take(core.helper_started(helper_pid + 1, now));
  look();
  CHECK(ask(of(RequestKind::call_off)) == Outcome::done);
  CHECK_FALSE(wants(EffectKind::unpromote));
  CHECK_FALSE(wants(EffectKind::signal_process));
  end(helper_pid + 1, EndKind::exited, 0);
  CHECK(promotion() == PromotionStage::called_off);
}

TEST_CASE_METHOD(Promoting, "a promotion is called off also when it was done, or by another guard",
                 "[guard]") {
  begin();
  end(helper_pid, EndKind::exited, 0);
  CHECK(ask(of(RequestKind::call_off)) == Outcome::done);
  CHECK(wants(EffectKind::unpromote));
  PlayedGuard fresh;
  CHECK(fresh.ask(of(RequestKind::call_off)) == Outcome::done);
  CHECK(fresh.wants(EffectKind::unpromote));
}

TEST_CASE_METHOD(Promoting, "a file that could not be removed is told", "[guard]") {
  begin();
  CHECK(ask(of(RequestKind::call_off)) == Outcome::done);
  end(helper_pid, EndKind::signalled, SIGKILL);
  take(core.helper_started(helper_pid + 1, now));
  end(helper_pid + 1, EndKind::exited, 30);
  CHECK(promotion() == PromotionStage::failed);
  CHECK(core.status().promotion.code == 30);
}

TEST_CASE_METHOD(Promoting, "a child that somebody killed may have left the file, which is removed",
                 "[guard]") {
  begin();
  end(helper_pid, EndKind::signalled, SIGKILL);
  CHECK(wants(EffectKind::unpromote));
  CHECK(promotion() == PromotionStage::removing);
}

TEST_CASE_METHOD(Promoting, "the deadline calls a promotion off", "[guard]") {
  begin();
  SECTION("under way") {
    wait(9500ms);
    CHECK(wants(EffectKind::signal_process, helper_pid, SIGKILL));
    end(helper_pid, EndKind::signalled, SIGKILL);
    CHECK(wants(EffectKind::unpromote));
  }
  SECTION("done") {
    end(helper_pid, EndKind::exited, 0);
    wait(9500ms);
    CHECK(wants(EffectKind::unpromote));
  }
}

TEST_CASE_METHOD(Promoting, "the postmaster's end calls a promotion off", "[guard]") {
  begin();
  end(postmaster_pid);
  CHECK(wants(EffectKind::signal_process, helper_pid, SIGKILL));
}

TEST_CASE_METHOD(Promoting, "the guard stays until the file is removed", "[guard]") {
  begin();
  end(postmaster_pid);
  take(core.agent_left(now));
  finish_sweep();
  CHECK_FALSE(wants(EffectKind::leave));
  end(helper_pid, EndKind::signalled, SIGKILL);
  take(core.helper_started(helper_pid + 1, now));
  CHECK_FALSE(wants(EffectKind::leave));
  end(helper_pid + 1, EndKind::exited, 0);
  CHECK(wants(EffectKind::leave));
}

}  // namespace
}  // namespace tamada::guard
