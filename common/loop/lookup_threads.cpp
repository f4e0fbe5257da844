#include "common/loop/lookup_threads.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <utility>

#include "common/loop/start_thread.h"

namespace tamada::loop {

namespace {
// glibc's resolver keeps its packets on the stack: well below 100 KiB; NSS modules (sssd, ldap) take some
// more.
constexpr std::size_t stack_size = std::size_t{256} * 1024;
}  // namespace

struct LookupThreads::Shared {
  LookupFunction lookup;  // constant after construction
  unsigned max_threads = 0;
  OnAnswer on_answer;  // loop thread only; empty once the owner is gone

  std::mutex mutex;  // guards all below
  std::condition_variable changed;
  Loop* loop = nullptr;  // null once the owner is gone
  std::deque<std::pair<Number, std::string>> queue;
  std::map<Number, bool> running;  // true: left behind
  unsigned threads = 0;
  unsigned idle = 0;
  unsigned left_behind = 0;

  [[nodiscard]] bool has_room() const { return threads - left_behind < max_threads; }
  [[nodiscard]] bool has_too_many() const { return threads - left_behind > max_threads; }
};

LookupThreads::LookupThreads(Loop& loop, unsigned max_threads, LookupFunction lookup, OnAnswer on_answer)
    : shared_(std::make_shared<Shared>()) {
  shared_->lookup = std::move(lookup);
  shared_->max_threads = std::max(1U, max_threads);
  shared_->on_answer = std::move(on_answer);
  shared_->loop = &loop;
}

LookupThreads::~LookupThreads() {
  // The callback may be what runs just now: it is kept until it has returned (see run()), only not called
  // again.
  shared_->on_answer = nullptr;
  const std::lock_guard lock(shared_->mutex);
  shared_->loop = nullptr;
  shared_->queue.clear();
  shared_->changed.notify_all();
}

LookupThreads::Number LookupThreads::ask(const std::string& host) {
  const Number number = ++last_;
  Result<void> started;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->queue.emplace_back(number, host);
    if (shared_->idle < shared_->queue.size() && shared_->has_room()) {
      started = start_thread();
      if (started) ++shared_->threads;
    }
    if (started || shared_->threads != shared_->left_behind) {
      shared_->changed.notify_one();
      return number;
    }
    shared_->queue.pop_back();
  }
  const Answer answer =
      fail(ErrorKind::unresolved, fmt::format("resolve {}: {}", host, started.error().message));
  shared_->loop->post([shared = shared_, number, host, answer] {
    const OnAnswer on_answer = shared->on_answer;
    if (on_answer) on_answer(number, host, answer);
  });
  return number;
}

LookupThreads::GivenUp LookupThreads::give_up(Number number) {
  const std::lock_guard lock(shared_->mutex);
  const auto waiting = std::find_if(shared_->queue.begin(), shared_->queue.end(),
                                    [&](const auto& one) { return one.first == number; });
  if (waiting != shared_->queue.end()) {
    shared_->queue.erase(waiting);
    return GivenUp::dropped;
  }
  const auto running = shared_->running.find(number);
  if (running == shared_->running.end()) return GivenUp::answered;
  if (!std::exchange(running->second, true)) ++shared_->left_behind;
  // Somebody may have waited for its place.
  if (shared_->idle < shared_->queue.size() && shared_->has_room() && start_thread()) ++shared_->threads;
  return GivenUp::left_behind;
}

Result<void> LookupThreads::start_thread() {
  return start_detached_thread(
      "look-up", [shared = shared_] { run(shared); }, stack_size);
}

void LookupThreads::run(const std::shared_ptr<Shared>& shared) {
  std::unique_lock lock(shared->mutex);
  for (;;) {
    ++shared->idle;
    shared->changed.wait(lock, [&] { return shared->loop == nullptr || !shared->queue.empty(); });
    --shared->idle;
    if (shared->loop == nullptr) return;
    const auto [number, host] = std::move(shared->queue.front());
    shared->queue.pop_front();
    shared->running.emplace(number, false);
    lock.unlock();
    Answer answer = shared->lookup(host);
    lock.lock();
    // Under the lock: the owner, and after it the loop, cannot go away meanwhile.
    if (shared->loop == nullptr) return;
    const auto done = shared->running.find(number);
    if (done->second) --shared->left_behind;
    shared->running.erase(done);
    shared->loop->post([shared, number = number, host = host, answer = std::move(answer)] {
      const OnAnswer on_answer = shared->on_answer;
      if (on_answer) on_answer(number, host, answer);
    });
    if (shared->has_too_many()) {
      --shared->threads;
      return;
    }
  }
}

}  // namespace tamada::loop
