#include "common/loop/loop_thread.h"

#include <cassert>
#include <future>
#include <utility>

#include "common/loop/start_thread.h"

namespace tamada::loop {

LoopThread::LoopThread(std::string name, std::size_t read_buffer_size)
    : name_(std::move(name)), loop_(read_buffer_size) {}

LoopThread::~LoopThread() {
  post_stop();
  join();
}

void LoopThread::start(std::function<void()> at_end) {
  assert(!thread_.joinable());
  thread_ = start_thread(name_, [this, at_end = std::move(at_end)] {
    loop_.run();
    if (at_end) at_end();
    // What was closed just now says its good-byes.
    loop_.run_once(Loop::Wait::no);
  });
}

void LoopThread::post_stop() {
  if (!thread_.joinable()) return;
  loop_.post([this] { loop_.stop(); });
}

void LoopThread::join() {
  if (thread_.joinable()) thread_.join();
}

void LoopThread::call(const std::function<void()>& task) {
  assert(thread_.joinable() && thread_.get_id() != std::this_thread::get_id());
  std::promise<void> done;
  loop_.post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace tamada::loop
