// LonePostmaster: a postmaster whose guard does not answer: does it still run? The guard, its parent, would tell; now the process
// itself is watched. A zombie has ended.
//
// `on_end` once, on the loop, never from inside the constructor. Loop thread only; the Loop must outlive it.
#pragma once

#include <functional>

#include "agent/guard/protocol/process_state.h"
#include "common/process/process_watch.h"

namespace tamada::agent {

class LonePostmaster final : private ProcessWatchCallbacks {
 public:
  LonePostmaster(loop::Loop& loop, const guard::ProcessState& process, std::function<void()> on_end)
      : process_(process),
        on_end_(std::move(on_end)),
        watch_(loop, {process.pid, process.start_time}, *this) {}

  [[nodiscard]] bool has_ended() const { return has_ended_; }
  // As it was when it ran.
  [[nodiscard]] const guard::ProcessState& process() const { return process_; }

 private:
  void on_process_end() override {
    has_ended_ = true;
    on_end_();
  }
  // It counts as running: SQL says what it does.
  void on_process_unknown(const Error& /*why*/) override {}

  const guard::ProcessState process_;
  const std::function<void()> on_end_;
  bool has_ended_ = false;
  ProcessWatch watch_;
};

}  // namespace tamada::agent
