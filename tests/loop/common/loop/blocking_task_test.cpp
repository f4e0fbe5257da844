#include "common/loop/blocking_task.h"

#include <catch2/catch.hpp>
#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "tests/support/loop_fixture.h"

namespace tamada::loop {
namespace {

// A door that jobs wait at; shared, since a job may be left behind.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

// Ends when it is asked to.
Result<std::string> work_until_stopped(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait(lock, stop, [] { return false; });
  return "stopped";
}

TEST_CASE_METHOD(LoopFixture, "a job runs on its own thread and its result comes here", "[blocking_task]") {
  std::thread::id there;
  std::optional<Result<int>> result;
  BlockingTask task(
      loop, "counting",
      [&there](const std::stop_token&) {
        there = std::this_thread::get_id();
        return 42;
      },
      [&](Result<int> given) {
        CHECK_FALSE(task.is_running());
        result = std::move(given);
      });
  CHECK(task.is_running());
  REQUIRE(run_until([&] { return result.has_value(); }));
  CHECK(**result == 42);
  CHECK(there != std::this_thread::get_id());
  CHECK_FALSE(task.is_running());
}

TEST_CASE_METHOD(LoopFixture, "a job that can fail gives its own result", "[blocking_task]") {
  std::optional<Result<void>> result;
  const BlockingTask task(
      loop, "failing",
      [](const std::stop_token&) -> Result<void> { return fail(ErrorKind::denied, "not allowed"); },
      [&](Result<void> given) { result = std::move(given); });
  REQUIRE(run_until([&] { return result.has_value(); }));
  REQUIRE_FALSE(*result);
  CHECK(result->error().kind == ErrorKind::denied);
}

TEST_CASE_METHOD(LoopFixture, "one job keeps no other waiting", "[blocking_task]") {
  auto gate = std::make_shared<Gate>();
  bool first = false;
  bool second = false;
  const auto wait = [gate](const std::stop_token&) {
    gate->wait();
    return 1;
  };
  const BlockingTask stuck(loop, "stuck", wait, [&](Result<int>) { first = true; });
  const BlockingTask quick(
      loop, "quick", [](const std::stop_token&) { return 2; }, [&](Result<int>) { second = true; });
  REQUIRE(run_until([&] { return second; }));
  CHECK_FALSE(first);
  gate->open();
  REQUIRE(run_until([&] { return first; }));
}

TEST_CASE_METHOD(LoopFixture, "cancelling asks the job, and its answer comes all the same",
                 "[blocking_task]") {
  std::optional<Result<std::string>> result;
  BlockingTask task(loop, "waiting", &work_until_stopped,
                    [&](Result<std::string> given) { result = std::move(given); });
  run_turns();
  CHECK_FALSE(result.has_value());
  task.cancel();
  task.cancel();
  REQUIRE(run_until([&] { return result.has_value(); }));
  CHECK(**result == "stopped");
}

TEST_CASE_METHOD(LoopFixture, "a job that ends when asked has ended once the task is gone",
                 "[blocking_task]") {
  auto held = std::make_shared<int>(0);
  bool told = false;
  auto task = std::make_unique<BlockingTask>(
      loop, "waiting", [held](const std::stop_token& stop) { return work_until_stopped(stop); },
      [&told](Result<std::string>) { told = true; }, 30s);
  task.reset();
  CHECK(held.use_count() == 1);
  run_turns();
  CHECK_FALSE(told);
}

TEST_CASE_METHOD(LoopFixture, "a job that is stuck is left behind", "[blocking_task]") {
  auto gate = std::make_shared<Gate>();
  auto ended = std::make_shared<std::atomic<bool>>(false);
  bool told = false;
  // Its destruction says that the result has gone, too.
  const auto stuck = [gate, ended](const std::stop_token&) {
    gate->wait();
    return std::shared_ptr<void>(nullptr, [ended](void*) { ended->store(true); });
  };
  const auto then = [&told](const Result<std::shared_ptr<void>>&) { told = true; };
  SECTION("at once, where the loop must not stand still") {
    auto task = std::make_unique<BlockingTask>(loop, "stuck", stuck, then, 0s);
    const TimePoint before = boot_now();
    task.reset();
    CHECK(boot_now() - before < 10s);
    CHECK_FALSE(ended->load());
  }
  SECTION("after the patience it was given") {
    auto task = std::make_unique<BlockingTask>(loop, "stuck", stuck, then, 50ms);
    const TimePoint before = boot_now();
    task.reset();
    CHECK(boot_now() - before >= 50ms);
    CHECK_FALSE(ended->load());
  }
  gate->open();
  REQUIRE(run_until([&] { return ended->load(); }));
  CHECK_FALSE(told);
}

TEST_CASE("a job may outlive the loop", "[blocking_task]") {
  auto gate = std::make_shared<Gate>();
  auto ended = std::make_shared<std::atomic<bool>>(false);
  {
    Loop loop;
    const BlockingTask task(
        loop, "stuck",
        [gate, ended](const std::stop_token&) {
          gate->wait();
          return std::shared_ptr<void>(nullptr, [ended](void*) { ended->store(true); });
        },
        [](const Result<std::shared_ptr<void>>&) { FAIL("nobody is there to be told"); }, 0s);
  }
  gate->open();
  LoopFixture clock;
  CHECK(clock.run_until([&] { return ended->load(); }));
}

// As long as it lives no thread can be started: nobody has so much memory for a stack.
class NoThreads {
 public:
  NoThreads() {
    REQUIRE(pthread_getattr_default_np(&before_) == 0);
    pthread_attr_t huge;
    REQUIRE(pthread_getattr_default_np(&huge) == 0);
    REQUIRE(pthread_attr_setstacksize(&huge, std::size_t{1} << 50) == 0);
    REQUIRE(pthread_setattr_default_np(&huge) == 0);
    pthread_attr_destroy(&huge);
  }
  ~NoThreads() {
    pthread_setattr_default_np(&before_);
    pthread_attr_destroy(&before_);
  }
  NoThreads(const NoThreads&) = delete;
  NoThreads& operator=(const NoThreads&) = delete;

 private:
  pthread_attr_t before_{};
};

TEST_CASE_METHOD(LoopFixture, "where there is no thread to be had, the answer says so", "[blocking_task]") {
  std::optional<Result<int>> result;
  std::optional<BlockingTask> task;
  {
    const NoThreads none;
    task.emplace(
        loop, "unlucky", [](const std::stop_token&) { return 1; },
        [&](Result<int> given) { result = std::move(given); });
  }
  CHECK_FALSE(result.has_value());  // never from inside the constructor
  REQUIRE(run_until([&] { return result.has_value(); }));
  REQUIRE_FALSE(*result);
  CHECK(result->error().kind == ErrorKind::system);
  CHECK(result->error().message.starts_with(
      "cannot start the thread unlucky, perhaps for a limit of processes"));
}

TEST_CASE_METHOD(LoopFixture, "a task may be destroyed in its own answer", "[blocking_task]") {
  std::unique_ptr<BlockingTask> task;
  auto held = std::make_shared<int>(1);
  int seen = 0;
  task = std::make_unique<BlockingTask>(
      loop, "quick", [](const std::stop_token&) { return 5; },
      [&, held](Result<int> given) {
        task.reset();
        seen = *given * *held;  // what `then` holds is still there
      });
  REQUIRE(run_until([&] { return seen != 0; }));
  CHECK(seen == 5);
  CHECK(held.use_count() == 1);
}

}  // namespace
}  // namespace tamada::loop
