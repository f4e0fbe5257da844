#include "tests/unit/agent/guard/rules/played_guard.h"

namespace tamada::guard {
namespace {

class WatchedGuard : public PlayedGuard {
 public:
  std::optional<Outcome> use(std::string_view path, std::uint32_t timeout) {
    Request request = of(RequestKind::watchdog);
    request.path = path;
    request.timeout = timeout;
    return ask(request);
  }
  void open() {
    REQUIRE(use("/dev/watchdog", 25) == Outcome::done);
    run(ProcessKind::postmaster);
    REQUIRE(arm(mine, 10s) == Outcome::done);
    REQUIRE(wants(EffectKind::watchdog_open));
    take(core.watchdog_opened(0, now));
    look();
  }
  [[nodiscard]] WatchdogStanding watchdog() const { return core.status().watchdog.standing; }
};

TEST_CASE_METHOD(WatchedGuard, "without a watchdog nothing is opened, pinged or closed", "[guard]") {
  CHECK(watchdog() == WatchdogStanding::none);
  CHECK(arm(mine, 10s) == Outcome::done);
  CHECK(renew(mine, 20s) == Outcome::done);
  CHECK(disarm(mine, DisarmReason::paused) == Outcome::done);
  CHECK(use("", 0) == Outcome::done);
  CHECK_FALSE(wants(EffectKind::watchdog_open));
  CHECK_FALSE(wants(EffectKind::watchdog_ping));
  CHECK_FALSE(wants(EffectKind::watchdog_close));
}

TEST_CASE_METHOD(WatchedGuard, "the watchdog is opened when the deadline is armed, and not before",
                 "[guard]") {
  CHECK(use("/dev/watchdog", 0) == Outcome::invalid);
  CHECK(use("/dev/watchdog", 25) == Outcome::done);
  CHECK(watchdog() == WatchdogStanding::closed);
  CHECK(core.status().watchdog.timeout == 25);
  CHECK(arm(mine, 100ms) == Outcome::too_late);
  CHECK_FALSE(wants(EffectKind::watchdog_open));
  CHECK(arm(mine, 10s) == Outcome::done);
  CHECK(wants(EffectKind::watchdog_open));
  take(core.watchdog_opened(0, now));
  CHECK(watchdog() == WatchdogStanding::open);
}

TEST_CASE_METHOD(WatchedGuard, "one ping for each renewal that moves the deadline on, and none by a timer",
                 "[guard]") {
  open();
  CHECK(renew(mine, 20s) == Outcome::done);
  CHECK(wants(EffectKind::watchdog_ping));
  look();
  CHECK(renew(mine, 20s) == Outcome::done);
  CHECK_FALSE(wants(EffectKind::watchdog_ping));
  CHECK(renew(mine, 15s) == Outcome::done);
  CHECK_FALSE(wants(EffectKind::watchdog_ping));
  CHECK(renew(newer, 100s) == Outcome::other_epoch);
  CHECK_FALSE(wants(EffectKind::watchdog_ping));
  wait(14s);
  CHECK_FALSE(wants(EffectKind::watchdog_ping));
}

TEST_CASE_METHOD(WatchedGuard, "a watchdog that cannot be used is told, and not pinged", "[guard]") {
  CHECK(use("/dev/watchdog", 25) == Outcome::done);
  CHECK(arm(mine, 10s) == Outcome::done);
  take(core.watchdog_opened(19, now));
  CHECK(watchdog() == WatchdogStanding::unusable);
  CHECK(core.status().watchdog.code == 19);
  CHECK(renew(mine, 20s) == Outcome::done);
  CHECK_FALSE(wants(EffectKind::watchdog_ping));
  CHECK(disarm(mine, DisarmReason::paused) == Outcome::done);
  CHECK_FALSE(wants(EffectKind::watchdog_close));
  CHECK(watchdog() == WatchdogStanding::closed);  // the next arming tries again
}

TEST_CASE_METHOD(WatchedGuard, "disarming closes the watchdog", "[guard]") {
  open();
  CHECK(disarm(newer, DisarmReason::paused) == Outcome::other_epoch);
  CHECK_FALSE(wants(EffectKind::watchdog_close));
  CHECK(disarm(mine, DisarmReason::paused) == Outcome::done);
  CHECK(wants(EffectKind::watchdog_close));
  CHECK(watchdog() == WatchdogStanding::closed);
}

TEST_CASE_METHOD(WatchedGuard, "after the deadline it is closed once nothing is left, and not before",
                 "[guard]") {
  open();
  wait(10s);
  for (int round = 0; round < 50; ++round) {
    take(core.swept(1, now));
    wait(100ms);
  }
  CHECK_FALSE(wants(EffectKind::watchdog_close));
  CHECK_FALSE(wants(EffectKind::watchdog_ping));
  end(postmaster_pid);
  finish_sweep();
  CHECK(wants(EffectKind::watchdog_close));
}

TEST_CASE_METHOD(WatchedGuard, "a postmaster that ends alone leaves it open: the lock is held", "[guard]") {
  open();
  end(postmaster_pid);
  finish_sweep();
  CHECK_FALSE(wants(EffectKind::watchdog_close));
  CHECK(watchdog() == WatchdogStanding::open);
}

TEST_CASE_METHOD(WatchedGuard, "new timings are set at once while armed, and a device is let go", "[guard]") {
  open();
  CHECK(use("/dev/watchdog", 50) == Outcome::done);
  CHECK(wants(EffectKind::watchdog_open));
  CHECK(core.status().watchdog.timeout == 50);
  CHECK(use("", 0) == Outcome::done);
  CHECK(wants(EffectKind::watchdog_close));
  CHECK(watchdog() == WatchdogStanding::none);
}

}  // namespace
}  // namespace tamada::guard
