// SideThread: one thread beside a loop for what may block on a disk: reading a file, hashing
// a password. Jobs run one after the other, in order.
//
// Loop thread only; the Loop must outlive it. A job must touch nothing but what it owns. After destruction no
// `then` runs; destruction waits for the jobs given, at most `patience` (a network file system that hangs
// must not keep the process alive), and then leaves the thread behind. The thread starts with the first job
// and ends when there was none for a while.
#pragma once

#include <functional>
#include <memory>

#include "common/base/time.h"
#include "common/loop/loop.h"

namespace tamada::loop {

class SideThread {
 public:
  explicit SideThread(Loop& loop);
  ~SideThread();
  SideThread(const SideThread&) = delete;
  SideThread& operator=(const SideThread&) = delete;

  // Runs `job` there, then `then` on the loop.
  void run(std::function<void()> job, std::function<void()> then);

  static constexpr Duration patience = 1s;
  static constexpr Duration linger = 1s;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace tamada::loop
