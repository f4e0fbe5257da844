// GuardStarter: starts the guard's program, and hears whether it could do what it needs.
//
// The guard becomes nobody's child here (common/process/spawn.h): it outlives this process. Starting waits
// for fork(2) and execve(2), and so for a disk, and is done on a thread of its own. What the guard says about
// its start comes through a pipe.
//
// `then` is called once, on the loop, never from inside the constructor, and may destroy this. Destruction
// cancels: it is not called any more, though a guard may be starting. Loop thread only; the Loop must outlive
// it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/guard/client/guard_failure.h"
#include "agent/guard/client/guard_place.h"
#include "common/base/unique_fd.h"
#include "common/loop/blocking_task.h"
#include "common/loop/fd_watch.h"
#include "common/loop/loop.h"

namespace tamada::guard {

class GuardStarter final : private loop::FdCallbacks {
 public:
  // None: it is ready for its agent.
  using Then = std::function<void(std::optional<GuardFailure>)>;
  GuardStarter(loop::Loop& loop, const GuardPlace& place, Then then);
  ~GuardStarter() = default;
  GuardStarter(const GuardStarter&) = delete;
  GuardStarter& operator=(const GuardStarter&) = delete;

 private:
  void on_ready(std::uint32_t events) noexcept override;
  void finish(std::optional<GuardFailure> failure);

  const std::string program_;
  Then then_;
  UniqueFd heard_;
  std::string said_;
  loop::FdWatch watch_;
  std::unique_ptr<loop::BlockingTask> task_;
};

}  // namespace tamada::guard
