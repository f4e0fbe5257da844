// Timer: runs a callback on the loop's thread, once or repeatedly.
//
// After stop() or destruction returns, the callback does not run again; both may be called from inside the
// callback itself, and so may start(). Loop thread only. The Loop must outlive the Timer.
//
// Resolution 1 ms; never early by boot_now()'s measure of an awake machine, and late by as much as the loop
// is busy. A suspended machine stands still for timers (libuv counts CLOCK_MONOTONIC): what must notice a
// suspension compares boot_now() when the timer fires.
#pragma once

#include <functional>

#include "common/base/time.h"
#include "common/loop/loop.h"

namespace tamada::loop {

class Timer {
 public:
  Timer(Loop& loop, std::function<void()> callback);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Once, `after` from now, at least 1 ms (Loop::defer() is for "at once"). Replaces what was started before.
  void start(Duration after);
  // First `every` from now, then again and again; missed rounds are not made up for. At least 1 ms.
  void start_repeating(Duration every);
  void stop();
  // Started and not yet fired; a repeating one until stop(). Inside the callback of start(): false.
  [[nodiscard]] bool is_active() const;

 private:
  struct Block;
  Loop& loop_;
  Block* block_;  // owned through UvPtr's deleter
};

}  // namespace tamada::loop
