#include "common/loop/timer.h"

#include <memory>

#include "tests/support/loop_fixture.h"

using namespace tamada;
using namespace tamada::loop;

TEST_CASE("a timer fires once, and never early", "[timer]") {
  LoopFixture test;
  for (const Duration span : {1ms, 7ms, 30ms}) {
    int fired = 0;
    TimePoint when{};
    Timer timer(test.loop, [&] {
      ++fired;
      when = boot_now();
    });
    const TimePoint started = boot_now();
    timer.start(span);
    CHECK(timer.is_active());
    REQUIRE(test.run_until([&] { return fired == 1; }));
    CHECK(when - started >= span);
    CHECK_FALSE(timer.is_active());
    test.run_for(5ms);
    CHECK(fired == 1);
  }
}

TEST_CASE("a repeating timer goes on until it is stopped, also from its own callback", "[timer]") {
  LoopFixture test;
  int fired = 0;
  Timer* self = nullptr;
  Timer timer(test.loop, [&] {
    if (++fired == 3) self->stop();
  });
  self = &timer;
  timer.start_repeating(1ms);
  REQUIRE(test.run_until([&] { return fired == 3; }));
  CHECK_FALSE(timer.is_active());
  test.run_for(20ms);
  CHECK(fired == 3);
}

TEST_CASE("starting a timer again replaces what was started before", "[timer]") {
  LoopFixture test;
  int fired = 0;
  Timer timer(test.loop, [&] { ++fired; });
  timer.start(1ms);
  timer.start(60min);
  test.run_for(20ms);
  CHECK(fired == 0);
  timer.start(1ms);
  REQUIRE(test.run_until([&] { return fired == 1; }));
}

TEST_CASE("destroying a timer inside its own callback is safe", "[timer]") {
  LoopFixture test;
  const auto witness = std::make_shared<int>(7);
  int seen = 0;
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(test.loop, [&timer, &seen, witness] {
    timer.reset();
    seen = *witness;  // the capture is still there
  });
  timer->start_repeating(1ms);
  REQUIRE(test.run_until([&] { return seen == 7; }));
  test.run_turns();
  CHECK(witness.use_count() == 1);
}

TEST_CASE("a stopped or destroyed timer that was due does not fire", "[timer]") {
  LoopFixture test;
  std::unique_ptr<Timer> victim;
  int fired = 0;
  victim = std::make_unique<Timer>(test.loop, [&] { ++fired; });
  Timer stopped(test.loop, [&] { ++fired; });
  Timer killer(test.loop, [&] {
    victim.reset();
    stopped.stop();
  });
  killer.start(1ms);
  victim->start(1ms);
  stopped.start(1ms);
  test.run_for(20ms);
  CHECK(fired == 0);
}

TEST_CASE("a timer that starts itself again at once does not keep the turn from ending", "[timer]") {
  LoopFixture test;
  int fired = 0;
  Timer* self = nullptr;
  Timer timer(test.loop, [&] {
    ++fired;
    self->start(Duration{});
  });
  self = &timer;
  timer.start(Duration{});
  REQUIRE(test.run_until([&] { return fired >= 3; }));
}
