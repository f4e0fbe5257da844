// Promotion on a real standby.
#include <fstream>

#include "agent/guard/children.h"
#include "agent/guard/rules/guard_core.h"
#include "tests/loop/agent/guard/guard_fixture.h"

namespace tamada::guard {
namespace {

class StandbyFixture : public GuardFixture {
 public:
  void start_standby() {
    make_data();
    std::ofstream(data + "/standby.signal").close();
    // Not less than the server had that made the data directory.
    std::ofstream(data + "/postgresql.auto.conf", std::ios::app) << "max_connections = 100\n";
    connect();
    REQUIRE(start(postgres_launch()) == Outcome::done);
    REQUIRE(run_until([this] { return is_in_recovery(); }, 60s));
  }
  [[nodiscard]] bool is_in_recovery() const { return sql("select pg_is_in_recovery()") == "t"; }
  Outcome promote(const LockEpoch& epoch, TimePoint lease_end, bool unarmed = false) {
    return answer([&](auto then) { client().promote(epoch, lease_end, unarmed, then); }).outcome;
  }
  [[nodiscard]] PromotionStage stage() const { return status().promotion.stage; }
  [[nodiscard]] bool has_file() const { return std::filesystem::exists(data + "/promote"); }
};

TEST_CASE_METHOD(StandbyFixture, "a standby is promoted under the lock, and fenced by it", "[guard]") {
  start_standby();
  const TimePoint lease_end = loop::boot_now() + 60s;
  CHECK(promote(mine, lease_end) == Outcome::not_armed);
  REQUIRE(arm(mine, lease_end) == Outcome::done);
  REQUIRE(promote(mine, lease_end) == Outcome::done);
  CHECK(run_until([this] { return stage() == PromotionStage::done; }, 30s));
  CHECK(run_until([this] { return sql("select pg_is_in_recovery()") == "f"; }, 60s));
  CHECK(sql("create table t (n int); select 1") == "1");
  REQUIRE(renew(mine, loop::boot_now()) == Outcome::done);
  CHECK(run_until([this] { return left() == 0; }, 30s));
}

TEST_CASE_METHOD(StandbyFixture, "in pause a standby is promoted and nothing is armed", "[guard]") {
  start_standby();
  REQUIRE(promote(mine, loop::boot_now() + 60s, true) == Outcome::done);
  CHECK(run_until([this] { return sql("select pg_is_in_recovery()") == "f"; }, 60s));
  CHECK(status().fence.standing == FenceStanding::disarmed);
}

TEST_CASE_METHOD(StandbyFixture, "past the deadline nobody is promoted", "[guard]") {
  start_standby();
  REQUIRE(arm(mine, loop::boot_now() + 60s) == Outcome::done);
  CHECK(promote(mine, loop::boot_now() + fence_margin) == Outcome::too_late);
  CHECK(promote(newer, loop::boot_now() + 60s) == Outcome::other_epoch);
  CHECK_FALSE(has_file());
  CHECK(is_in_recovery());
}

TEST_CASE_METHOD(StandbyFixture, "a promotion that is called off leaves no file, and no signal promotes",
                 "[guard]") {
  start_standby();
  const pid_t postmaster = status().process.pid;
  REQUIRE(arm(mine, loop::boot_now() + 3600s) == Outcome::done);
  stop_process(postmaster);  // so that the file stays to be seen
  REQUIRE(promote(mine, loop::boot_now() + 60s) == Outcome::done);
  REQUIRE(run_until([this] { return stage() == PromotionStage::done; }, 30s));
  CHECK(has_file());
  REQUIRE(answer([&](auto then) { client().call_off_promotion(then); }).outcome == Outcome::done);
  CHECK(run_until([this] { return stage() == PromotionStage::called_off; }, 30s));
  CHECK_FALSE(has_file());
  ::kill(postmaster, SIGCONT);
  ::kill(postmaster, SIGUSR1);
  // The signals have been handled once a session has begun after them.
  CHECK(is_in_recovery());
  run_for(500ms);
  CHECK(is_in_recovery());
}

TEST_CASE_METHOD(GuardFixture,
                 "the child that promotes compares the time itself, and leaves nothing when late",
                 "[guard]") {
  make_data();
  const auto status_of = [](pid_t child) {
    int code = 0;
    REQUIRE(child > 0);
    REQUIRE(waitpid(child, &code, 0) == child);
    REQUIRE(WIFEXITED(code));
    return WEXITSTATUS(code);
  };
  // A process that waits for the signal, which it does not survive.
  const pid_t waiting = postgres::spawn({"/bin/sleep", "1000"}, folder / "log");
  others.push_back(waiting);
  CHECK(status_of(start_promotion(data.c_str(), waiting, -1, loop::boot_now() - 1us)) ==
        GuardCore::exit_late);
  CHECK_FALSE(std::filesystem::exists(data + "/promote"));
  CHECK_FALSE(is_gone(waiting));
  CHECK(status_of(start_promotion((data + "/nowhere").c_str(), waiting, -1, loop::boot_now() + 60s)) ==
        ENOENT);
  CHECK_FALSE(is_gone(waiting));
  CHECK(status_of(start_promotion(data.c_str(), waiting, -1, loop::boot_now() + 60s)) == 0);
  CHECK(std::filesystem::exists(data + "/promote"));
  CHECK(run_until([waiting] { return is_gone(waiting); }, 30s));
  CHECK(status_of(start_unpromotion(data.c_str())) == 0);
  CHECK_FALSE(std::filesystem::exists(data + "/promote"));
  CHECK(status_of(start_unpromotion(data.c_str())) == 0);  // none is there: that is what was wanted
}

}  // namespace
}  // namespace tamada::guard
