// LoopFixture: the ground of every test with a loop. Time is real here, so tests wait for conditions with a
// generous deadline and never sleep. When it goes, no handle may be left open: the test fails with their
// names.
#pragma once

#include <catch2/catch.hpp>

#include <functional>

#include "common/loop/clock.h"
#include "common/loop/loop.h"
#include "common/loop/timer.h"

// For what another thread counts or changes after the test has seen its effect: waits until it holds, then checks it,
// so that a failure shows both values. Only for conditions that stay true. Within a LoopFixture.
#define CHECK_SOON(...)                                              \
  do {                                                               \
    (void)run_until([&] { return static_cast<bool>(__VA_ARGS__); }); \
    CHECK(__VA_ARGS__);                                              \
  } while (false)

namespace tamada::loop {

class LoopFixture {
 public:
  explicit LoopFixture(std::size_t read_buffer_size = std::size_t{64} * 1024) : loop(read_buffer_size) {}
  ~LoopFixture() {
    // Sockets that still linger belong to the loop; they end by themselves.
    run_until([this] { return loop.open_handle_count(HandleKind::lingering_socket) == 0; });
    run_turns(2);
    for (const OpenHandles& open : loop.open_handles()) {
      UNSCOPED_INFO(open.count << " " << open.kind << " still open");
    }
    CHECK(loop.open_handles().empty());
  }
  LoopFixture(const LoopFixture&) = delete;
  LoopFixture& operator=(const LoopFixture&) = delete;

  // Turns the loop until `condition` holds. False if it does not within `limit`.
  bool run_until(const std::function<bool()>& condition, Duration limit = 20s) {
    const TimePoint deadline = boot_now() + limit;
    Timer tick(loop, [] {});  // the loop must not sleep past the deadline, or past a change by another thread
    tick.start_repeating(5ms);
    while (!condition()) {
      if (boot_now() >= deadline) return false;
      loop.run_once(Loop::Wait::once);
    }
    return true;
  }

  // For "nothing comes any more": what is ready has come after a few turns.
  void run_turns(int count = 5) {
    for (int i = 0; i < count; ++i) loop.run_once(Loop::Wait::no);
  }

  // Turns for a while: only to give what must not happen a chance to happen.
  void run_for(Duration span) {
    const TimePoint deadline = boot_now() + span;
    run_until([deadline] { return boot_now() >= deadline; });
  }

  Loop loop;
};

}  // namespace tamada::loop
