#include "common/loop/lookup_threads.h"

#include <fmt/format.h>
#include <pthread.h>

#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>

#include "common/loop/errno_text.h"

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
  std::deque<std::string> queue;
  unsigned threads = 0;
  unsigned idle = 0;
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

void LookupThreads::ask(const std::string& host) {
  int failed = 0;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->queue.push_back(host);
    if (shared_->idle < shared_->queue.size() && shared_->threads < shared_->max_threads) {
      failed = start_thread();
      if (failed == 0) ++shared_->threads;
    }
    if (failed == 0 || shared_->threads != 0) {
      shared_->changed.notify_one();
      return;
    }
    shared_->queue.pop_back();
  }
  const Answer answer = fail(ErrorKind::unresolved, fmt::format("resolve {}: cannot start a thread: {}", host,
                                                                describe_errno(failed)));
  shared_->loop->post([shared = shared_, host, answer] {
    const OnAnswer on_answer = shared->on_answer;
    if (on_answer) on_answer(host, answer);
  });
}

int LookupThreads::start_thread() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, stack_size);
  // Signals are the loops' business: the thread inherits a mask that blocks them all.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  auto mine = std::make_unique<std::shared_ptr<Shared>>(shared_);
  pthread_t thread{};
  const int code = pthread_create(&thread, &attributes, &LookupThreads::run, mine.get());
  if (code == 0) static_cast<void>(mine.release());  // run() owns it
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  return code;
}

void* LookupThreads::run(void* argument) noexcept {
  const std::unique_ptr<std::shared_ptr<Shared>> mine(static_cast<std::shared_ptr<Shared>*>(argument));
  const std::shared_ptr<Shared>& shared = *mine;
  std::unique_lock lock(shared->mutex);
  for (;;) {
    ++shared->idle;
    shared->changed.wait(lock, [&] { return shared->loop == nullptr || !shared->queue.empty(); });
    --shared->idle;
    if (shared->loop == nullptr) return nullptr;
    const std::string host = std::move(shared->queue.front());
    shared->queue.pop_front();
    lock.unlock();
    Answer answer = shared->lookup(host);
    lock.lock();
    // Under the lock: the owner, and after it the loop, cannot go away meanwhile.
    if (shared->loop == nullptr) return nullptr;
    shared->loop->post([shared, host, answer = std::move(answer)] {
      const OnAnswer on_answer = shared->on_answer;
      if (on_answer) on_answer(host, answer);
    });
  }
}

}  // namespace tamada::loop
