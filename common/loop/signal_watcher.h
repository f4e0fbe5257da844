// SignalWatcher: runs a callback on the loop's thread for each arrival of a signal (several pending ones of
// the same number may come as one). While it exists the signal's default action does not happen.
//
// After destruction returns, the callback does not run again; it may happen inside the callback.
// Loop thread only; the Loop must outlive it. Not for SIGKILL, SIGSTOP (the kernel's) or SIGCHLD.
#pragma once

#include <functional>

#include "common/base/result.h"
#include "common/loop/loop.h"

namespace tamada::loop {

class SignalWatcher {
 public:
  // A signal that cannot be watched is a bug of the caller (assert).
  SignalWatcher(Loop& loop, int signal_number, std::function<void()> callback);
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

 private:
  struct Block;
  Loop& loop_;
  Block* block_;  // owned through UvPtr's deleter
};

// From now on a write to a broken pipe (a closed standard output, say) is an error and not the process's
// death. Streams of this folder need it not; call it once in main().
void ignore_sigpipe();

}  // namespace tamada::loop
