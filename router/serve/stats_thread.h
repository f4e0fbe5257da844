// StatsThread: the thread that serves the statistics port and the run-time socket, with its loop.
//
// It is there so that whatever is asked on the statistics port, however often, takes no time from the control
// loop (which polls the nodes) and none from the workers. Whoever owns it puts objects onto its loop and
// takes them off again through call(); nothing else may touch that loop from outside but post().
#pragma once

#include <functional>
#include <thread>

#include "common/loop/loop.h"

namespace tamada::router {

class StatsThread {
 public:
  // Starts the thread. Signals are blocked on it: they are the control loop's.
  StatsThread();
  // Nothing may be open on the loop any more (see call()). Ends the thread.
  ~StatsThread();
  StatsThread(const StatsThread&) = delete;
  StatsThread& operator=(const StatsThread&) = delete;

  [[nodiscard]] loop::Loop& loop() { return loop_; }

  // Runs `task` there and waits until it is done: for opening and closing ports, which happens when the
  // configuration changes. Never from the thread itself. It waits for what the thread is doing now, and
  // nothing there waits for the caller, so this cannot lock up.
  void call(const std::function<void()>& task);

 private:
  void run();

  loop::Loop loop_;
  std::thread thread_;
};

}  // namespace tamada::router
