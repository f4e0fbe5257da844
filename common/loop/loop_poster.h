// LoopPoster: Loop::post() for a thread that may outlive the loop: a job that is stuck on a disk, or the
// owner of another loop, of which one may end before the other.
//
// Any thread; cheap to copy. Once the loop was closed, post() answers false and does nothing.
#pragma once

#include <memory>
#include <utility>

#include "common/loop/task.h"

namespace tamada::loop {

class LoopPoster {
 public:
  // As Loop::post(). False: the loop has been closed, and the task was destroyed here, unrun. True says that
  // it was there, not that the task will run: what has not run when the loop is closed is destroyed unrun.
  // NOLINTNEXTLINE(modernize-use-nodiscard): most have nothing else to do
  bool post(Task task) const;

 private:
  friend class Loop;
  struct Mailbox;
  explicit LoopPoster(std::shared_ptr<Mailbox> mailbox) : mailbox_(std::move(mailbox)) {}
  std::shared_ptr<Mailbox> mailbox_;
};

}  // namespace tamada::loop
