#include "common/loop/loop.h"

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/base/unique_fd.h"
#include "common/loop/clock.h"
#include "common/loop/fd_watch.h"
#include "common/loop/timer.h"
#include "tests/support/loop_fixture.h"
#include "tests/support/raw_socket.h"

using namespace tamada;
using namespace tamada::loop;

TEST_CASE("posted work runs in the order it was posted", "[loop]") {
  LoopFixture test;
  std::string order;
  test.loop.post([&] { order += "a"; });
  test.loop.post([&] {
    order += "b";
    test.loop.post([&] { order += "d"; });
  });
  test.loop.post([&] { order += "c"; });

  CHECK(order.empty());  // never from inside post()
  REQUIRE(test.run_until([&] { return order.size() == 4; }));
  CHECK(order == "abcd");
}

TEST_CASE("work posted from many threads all runs on the loop's thread, each thread's in order", "[loop]") {
  constexpr int threads = 4;
  constexpr int each = 2000;
  LoopFixture test;
  std::vector<std::vector<int>> seen(threads);
  const auto home = std::this_thread::get_id();
  bool at_home = true;
  {
    std::vector<std::jthread> posters;
    for (int t = 0; t < threads; ++t) {
      posters.emplace_back([&test, &seen, &at_home, home, t] {
        for (int i = 0; i < each; ++i) {
          test.loop.post([&seen, &at_home, home, t, i] {
            at_home = at_home && std::this_thread::get_id() == home;
            seen[static_cast<std::size_t>(t)].push_back(i);
          });
        }
      });
    }
    REQUIRE(test.run_until([&] {
      std::size_t total = 0;
      for (const auto& one : seen) total += one.size();
      return total == std::size_t{threads} * each;
    }));
  }
  CHECK(at_home);
  for (const auto& one : seen) CHECK(std::is_sorted(one.begin(), one.end()));
}

TEST_CASE("a post wakes a loop that sleeps without a time limit, and stop() ends run()", "[loop]") {
  Loop loop;
  bool ran = false;
  std::jthread other([&] {
    loop.post([&] {
      ran = true;
      loop.stop();
    });
  });
  loop.run();
  CHECK(ran);
}

TEST_CASE("stop() before run() lets it do one turn", "[loop]") {
  Loop loop;
  int turns = 0;
  loop.set_turn_hook([&] { ++turns; });
  loop.stop();
  loop.run();
  CHECK(turns <= 1);
  loop.post([&] { loop.stop(); });
  loop.run();
  CHECK(turns >= 1);
}

TEST_CASE("posted and deferred work that never ran is destroyed with the loop", "[loop]") {
  auto alive = std::make_shared<int>(1);
  auto [one, other] = connected_pair();
  {
    Loop loop;
    loop.post([alive] { FAIL("ran"); });
    loop.defer([alive] { FAIL("ran"); });
    loop.post([fd = std::move(one)] { FAIL("ran"); });
    CHECK(alive.use_count() == 3);
  }
  CHECK(alive.use_count() == 1);
  Arrived arrived;
  take_arrived(other, arrived);
  CHECK(arrived.end);  // the descriptor in the capture was closed
}

TEST_CASE("deferred work runs at the end of the turn, what it defers in the next one without sleep",
          "[loop]") {
  LoopFixture test;
  std::string order;
  test.loop.post([&] {
    test.loop.defer([&] {
      order += "2";
      test.loop.defer([&] { order += "3"; });
    });
    order += "1";
  });
  while (order.empty()) test.loop.run_once(Loop::Wait::once);
  CHECK(order == "12");
  test.loop.run_once(Loop::Wait::once);  // would hang if it slept: nothing else is open
  CHECK(order == "123");
}

TEST_CASE("the turn hook runs before the callbacks of its turn", "[loop]") {
  LoopFixture test;
  std::string order;
  auto [one, other] = connected_pair();
  struct Reader final : FdCallbacks {
    std::string* order = nullptr;
    void on_ready(std::uint32_t) noexcept override { *order += "event "; }
  } reader;
  reader.order = &order;
  FdWatch watch(test.loop, reader);
  watch.open(one.get());
  REQUIRE(watch.want(true, false));
  raw_send(other, "x");
  test.loop.set_turn_hook([&] { order += "hook "; });
  test.loop.run_once(Loop::Wait::once);
  CHECK(order == "hook event ");
  test.loop.set_turn_hook(nullptr);
}

TEST_CASE("an event of this turn for a watch that another callback closed finds nobody", "[loop]") {
  LoopFixture test;
  auto [a, a_peer] = connected_pair();
  auto [b, b_peer] = connected_pair();
  struct Reader final : FdCallbacks {
    explicit Reader(Loop& loop) : watch(loop, *this) {}
    FdWatch watch;
    Reader* victim = nullptr;
    int calls = 0;
    void on_ready(std::uint32_t) noexcept override {
      ++calls;
      watch.close();
      victim->watch.close();
    }
  };
  Reader first(test.loop);
  Reader second(test.loop);
  first.victim = &second;
  second.victim = &first;
  first.watch.open(a.get());
  second.watch.open(b.get());
  REQUIRE(first.watch.want(true, false));
  REQUIRE(second.watch.want(true, false));
  raw_send(a_peer, "x");
  raw_send(b_peer, "x");
  test.run_turns();
  CHECK(first.calls + second.calls == 1);
}

TEST_CASE("what is open is told by kind and number", "[loop]") {
  Loop loop;
  {
    const Timer one(loop, [] {});
    const Timer two(loop, [] {});
    REQUIRE(loop.open_handles().size() == 1);
    CHECK(std::string(loop.open_handles()[0].kind) == "Timer");
    CHECK(loop.open_handles()[0].count == 2);
  }
  CHECK(loop.open_handles().empty());
  CHECK(loop.close().empty());
}

TEST_CASE("closing a loop under an open handle says which, and frees nothing under it", "[loop]") {
  Loop loop;
  // Never destroyed: that would be after its loop. Reachable, so that the leak sanitizer knows it is meant.
  static Timer* forgotten = nullptr;
  forgotten = new Timer(loop, [] {});
  forgotten->start(60min);
  CHECK(loop.close() == "1 Timer");
}

TEST_CASE("the read buffer has the size asked for", "[loop]") {
  const Loop small;
  Loop large(std::size_t{256} * 1024);
  CHECK(large.read_buffer().size() == 262144);
}

namespace {

// A readable descriptor that counts how often it was looked at.
struct Watched final : FdCallbacks {
  explicit Watched(Loop& loop) : pair(connected_pair()), watch(loop, *this) {
    watch.open(pair.first.get());
    REQUIRE(watch.want(true, false));
    raw_send(pair.second, "x");
  }
  ~Watched() { watch.close(); }
  void on_ready(std::uint32_t /*events*/) noexcept override {
    ++looked_at;
    if (on_look) on_look();
  }
  std::pair<UniqueFd, UniqueFd> pair;
  FdWatch watch;
  int looked_at = 0;
  std::function<void()> on_look;
};

}  // namespace

TEST_CASE("past a turn's limit no socket is looked at, and none is forgotten", "[loop]") {
  LoopFixture test;
  Watched a(test.loop);
  Watched b(test.loop);
  // Whichever comes first takes too long for the other.
  a.on_look = b.on_look = [&] { test.loop.set_turn_limit(boot_now()); };
  test.loop.run_once(Loop::Wait::once);
  CHECK(a.looked_at + b.looked_at == 1);
  // Also who woke himself.
  a.watch.wake();
  b.watch.wake();
  test.loop.run_once(Loop::Wait::no);
  CHECK(a.looked_at + b.looked_at == 1);
  a.on_look = b.on_look = nullptr;
  test.loop.set_turn_limit(TimePoint::max());
  const int before_a = a.looked_at;
  const int before_b = b.looked_at;
  test.loop.run_once(Loop::Wait::no);
  CHECK(a.looked_at == before_a + 2);
  CHECK(b.looked_at == before_b + 2);
}
