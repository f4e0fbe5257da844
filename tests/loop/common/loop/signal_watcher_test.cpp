#include "common/loop/signal_watcher.h"

#include <csignal>
#include <memory>

#include "tests/support/loop_fixture.h"

using namespace tamada;
using namespace tamada::loop;

TEST_CASE("a signal reaches its watcher, also when the loop has not turned since it was made",
          "[signal_watcher]") {
  LoopFixture test;
  int hups = 0;
  int users = 0;
  const SignalWatcher hup(test.loop, SIGHUP, [&] { ++hups; });
  const SignalWatcher user(test.loop, SIGUSR1, [&] { ++users; });
  ::raise(SIGHUP);
  REQUIRE(test.run_until([&] { return hups == 1; }));
  ::raise(SIGHUP);
  ::raise(SIGUSR1);
  REQUIRE(test.run_until([&] { return hups == 2 && users == 1; }));
}

TEST_CASE("a signal wakes a loop that sleeps without a time limit", "[signal_watcher]") {
  Loop loop;
  {
    const SignalWatcher watcher(loop, SIGUSR1, [&] { loop.stop(); });
    ::raise(SIGUSR1);
    loop.run();
  }
  CHECK(loop.open_handles().empty());
}

TEST_CASE("a signal watcher may be destroyed inside its own callback", "[signal_watcher]") {
  LoopFixture test;
  int calls = 0;
  std::unique_ptr<SignalWatcher> watcher;
  watcher = std::make_unique<SignalWatcher>(test.loop, SIGUSR2, [&] {
    ++calls;
    watcher.reset();
  });
  ::raise(SIGUSR2);
  REQUIRE(test.run_until([&] { return calls == 1; }));
  CHECK(watcher == nullptr);
}
