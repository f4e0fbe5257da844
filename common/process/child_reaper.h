// ChildReaper: waits for a child that was killed and that nobody asks for any more, so that no zombie stays.
// Belongs to the loop. One that does not die before the loop goes is left to whoever reaps for this process
// after its end.
#pragma once

#include <sys/types.h>

#include <memory>

#include "common/base/unique_fd.h"
#include "common/loop/fd_watch.h"
#include "common/loop/timer.h"

namespace tamada {

class ChildReaper final : public loop::LoopOwned, private loop::FdCallbacks {
 public:
  // Usually it is dead at once, and nothing is left to wait for. `pidfd`: its, or none, which means to look
  // every few milliseconds.
  static void reap(loop::Loop& loop, pid_t pid, UniqueFd pidfd);

 private:
  ChildReaper(loop::Loop& loop, pid_t pid, UniqueFd pidfd);
  void on_ready(std::uint32_t events) noexcept override;
  void poll();

  loop::Loop& loop_;
  const pid_t pid_;
  const UniqueFd pidfd_;
  loop::FdWatch watch_;
  std::unique_ptr<loop::Timer> poll_;  // only where there is no pidfd
};

}  // namespace tamada
