// LoopThread: a thread with a loop of its own.
//
// Whoever owns it puts objects onto its loop and takes them off again: before start() and after join() on the
// owner's own thread, in between through call(). Nothing else may touch that loop from outside but post().
// Owner's thread only, but for loop().post(). Everything on the loop must have gone when this is destroyed.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <thread>

#include "common/loop/loop.h"

namespace tamada::loop {

class LoopThread {
 public:
  // `name`: at most 15 characters. Makes the loop; throws std::system_error as Loop does.
  explicit LoopThread(std::string name, std::size_t read_buffer_size = std::size_t{64} * 1024);
  ~LoopThread();  // post_stop(), join()
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  [[nodiscard]] Loop& loop() { return loop_; }

  // Starts the thread, with signals blocked on it. Once; throws std::system_error as start_thread() does.
  // `at_end` is the last that runs there, after the loop was stopped: it closes what the thread has open.
  void start(std::function<void()> at_end = {});
  // Lets the thread end after the turn it is in; join() waits for it. Two steps, so that of several all can
  // be told before the first is waited for. Neither does anything if the thread does not run. What is stuck
  // in a callback there is waited for as long as it takes: what may block belongs elsewhere (BlockingTask).
  void post_stop();
  void join();

  // Runs `task` there and waits until it is done: for opening and closing, which are rare. Only between
  // start() and post_stop(), and never from the thread itself; nothing there may wait for the caller.
  void call(const std::function<void()>& task);

 private:
  const std::string name_;
  Loop loop_;
  std::thread thread_;
};

}  // namespace tamada::loop
