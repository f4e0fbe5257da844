#include "common/loop/side_thread.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "common/loop/start_thread.h"

namespace tamada::loop {

struct SideThread::Shared {
  struct Job {
    std::function<void()> job;
    std::function<void()> then;
  };

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Job> jobs;
  bool running = false;  // there is a thread
  Loop* loop = nullptr;  // null once the owner is gone

  static void work(const std::shared_ptr<Shared>& shared) {
    std::unique_lock lock(shared->mutex);
    for (;;) {
      if (shared->jobs.empty()) {
        if (shared->loop != nullptr) shared->changed.wait_for(lock, linger);
        if (shared->jobs.empty()) break;
      }
      Job job = std::move(shared->jobs.front());
      shared->jobs.pop_front();
      lock.unlock();
      job.job();
      lock.lock();
      // Posted under the lock: the loop is there as long as the owner is.
      if (shared->loop == nullptr) continue;
      shared->loop->post([shared, then = std::move(job.then)] {
        bool owned = false;
        {
          const std::lock_guard guard(shared->mutex);
          owned = shared->loop != nullptr;
        }
        if (owned) then();
      });
    }
    shared->running = false;
    shared->changed.notify_all();
  }
};

SideThread::SideThread(Loop& loop) : shared_(std::make_shared<Shared>()) {
  shared_->loop = &loop;
}

SideThread::~SideThread() {
  std::unique_lock lock(shared_->mutex);
  shared_->loop = nullptr;
  shared_->changed.notify_all();
  shared_->changed.wait_for(lock, patience, [this] { return !shared_->running; });
}

void SideThread::run(std::function<void()> job, std::function<void()> then) {
  const std::lock_guard lock(shared_->mutex);
  shared_->jobs.push_back({std::move(job), std::move(then)});
  if (!shared_->running) {
    shared_->running = true;
    // Where there is no thread to be had now, the job waits for the next one.
    if (!start_detached_thread("side", [shared = shared_] { Shared::work(shared); }))
      shared_->running = false;
  }
  shared_->changed.notify_all();
}

}  // namespace tamada::loop
