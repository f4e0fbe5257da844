#include "common/loop/blocking_task.h"

#include <condition_variable>
#include <mutex>

#include "common/loop/start_thread.h"

namespace tamada::loop {

struct BlockingTask::Shared {
  std::stop_source stop;

  std::mutex mutex;  // guards all below
  std::condition_variable changed;
  bool is_done = false;
};

void BlockingTask::start(Loop& loop, const std::string& name, std::function<Task(const std::stop_token&)> job,
                         const std::function<Task(Error)>& no_thread) {
  shared_ = std::make_shared<Shared>();
  auto body = [shared = shared_, poster = loop.poster(), job = std::move(job)]() mutable {
    {
      Task then = job(shared->stop.get_token());
      job = nullptr;  // whoever destroys the task is to find nothing of the job left
      poster.post(std::move(then));
    }
    const std::lock_guard lock(shared->mutex);
    shared->is_done = true;
    shared->changed.notify_all();
  };
  const auto started = start_detached_thread(name, std::move(body));
  if (started) return;
  shared_->is_done = true;
  loop.post(no_thread(started.error()));
}

BlockingTask::~BlockingTask() {
  cancel();
  std::unique_lock lock(shared_->mutex);
  shared_->changed.wait_for(lock, patience_, [this] { return shared_->is_done; });
}

void BlockingTask::cancel() {
  shared_->stop.request_stop();
}

}  // namespace tamada::loop
