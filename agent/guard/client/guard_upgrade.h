// GuardUpgrade: a guard that has outlived its agent may be another program than the one that is installed now. It is asked to
// become that one, in place: what it runs, its deadline and its agent stay as they are (RequestKind::upgrade).
//
// Whether it is another one, the bytes of both say, since two builds may have one version. They are read on a thread of its
// own: a disk that hangs keeps nothing waiting.
//
//   the guard is at something         it is asked again a second later
//   it refuses, or cannot be compared that is told; it goes on as it is, which is safe: it can do what it could before
//   it is lost meanwhile              nothing, until it is begun again
//
// Loop thread only; Loop and client must outlive it. `tell` may destroy it; after destruction it is not called.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "agent/guard/client/guard_client.h"
#include "common/loop/blocking_task.h"
#include "common/loop/loop.h"
#include "common/loop/timer.h"

namespace tamada::guard {

class GuardUpgrade {
 public:
  using Tell = std::function<void(const std::string& words, bool is_warning)>;

  GuardUpgrade(loop::Loop& loop, GuardClient& client, Tell tell);
  ~GuardUpgrade() = default;
  GuardUpgrade(const GuardUpgrade&) = delete;
  GuardUpgrade& operator=(const GuardUpgrade&) = delete;

  // After each on_guard_ready().
  void begin();
  // After on_guard_lost().
  void end();

 private:
  void on_compared(const Result<bool>& is_same);
  void ask();

  loop::Loop& loop_;
  GuardClient& client_;
  const Tell tell_;
  std::unique_ptr<loop::BlockingTask> comparing_;
  loop::Timer retry_;
  loop::WeakHandles<GuardUpgrade> handles_{*this};
};

}  // namespace tamada::guard
