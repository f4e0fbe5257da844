#include "common/loop/loop_thread.h"

#include <catch2/catch.hpp>
#include <pthread.h>

#include <array>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/loop/timer.h"
#include "tests/support/loop_fixture.h"

namespace tamada::loop {
namespace {

TEST_CASE("what is called runs on the thread, in order, and is waited for", "[loop_thread]") {
  LoopThread thread("called");
  thread.start();
  std::thread::id there;
  std::string name;
  sigset_t blocked;
  sigemptyset(&blocked);
  std::vector<int> order;
  thread.call([&] {
    there = std::this_thread::get_id();
    std::array<char, 16> text{};
    pthread_getname_np(pthread_self(), text.data(), text.size());
    name = text.data();
    pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    order.push_back(1);
  });
  CHECK(there != std::this_thread::get_id());
  CHECK(name == "called");
  CHECK(sigismember(&blocked, SIGTERM) == 1);
  thread.loop().post([&] { order.push_back(2); });
  thread.call([&] { order.push_back(3); });
  CHECK(order == std::vector<int>{1, 2, 3});
}

TEST_CASE("what is on the loop goes last on its own thread", "[loop_thread]") {
  std::thread::id closed_by;
  {
    LoopThread thread("closing");
    // Before start() the loop is the owner's.
    auto timer = std::make_unique<Timer>(thread.loop(), [] {});
    timer->start_repeating(1ms);
    thread.start([&] {
      closed_by = std::this_thread::get_id();
      timer.reset();
    });
    std::thread::id there;
    thread.call([&] { there = std::this_thread::get_id(); });
    thread.post_stop();
    thread.join();
    CHECK(closed_by == there);
    CHECK(thread.loop().open_handles().empty());
    thread.post_stop();  // neither does anything any more
    thread.join();
  }
  CHECK(closed_by != std::this_thread::get_id());
}

TEST_CASE("a thread that was never started needs no end", "[loop_thread]") {
  LoopThread thread("unused");
  thread.post_stop();
  thread.join();
  CHECK(thread.loop().open_handles().empty());
}

TEST_CASE("who posts to a loop that has gone is told so", "[loop_poster]") {
  std::optional<LoopPoster> poster;
  int ran = 0;
  auto held = std::make_shared<int>(0);
  {
    LoopThread thread("short");
    poster = thread.loop().poster();
    thread.start();
    CHECK(poster->post([&] { ++ran; }));
    thread.call([] {});
    CHECK(ran == 1);
    thread.post_stop();
    thread.join();
    // Never run: the loop does not turn any more. It goes with the loop.
    CHECK(poster->post([&, held] { ++ran; }));
    CHECK(held.use_count() == 2);
  }
  CHECK(held.use_count() == 1);
  CHECK_FALSE(poster->post([&, held] { ++ran; }));
  CHECK(held.use_count() == 1);
  CHECK(ran == 1);
}

TEST_CASE("threads may go on posting while a loop is closed", "[loop_poster]") {
  auto loop = std::make_unique<Loop>();
  const LoopPoster poster = loop->poster();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([poster] {
      while (poster.post([] {})) continue;
    });
  }
  for (int i = 0; i < 20; ++i) loop->run_once(Loop::Wait::no);
  loop.reset();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace tamada::loop
