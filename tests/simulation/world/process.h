// Process: a simulated process, which may be killed, started again and frozen. What is meant for it while it is frozen waits;
// what was meant for an earlier life of it is lost.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <utility>

#include "tests/simulation/engine/scheduler.h"

namespace tamada::simulation {

class Process {
 public:
  explicit Process(Scheduler& scheduler) : scheduler_(scheduler) {}

  [[nodiscard]] bool is_alive() const { return is_alive_; }
  [[nodiscard]] bool is_frozen() const { return is_frozen_; }
  [[nodiscard]] bool runs() const { return is_alive_ && !is_frozen_; }

  void start() {
    ++life_;
    is_alive_ = true;
    is_frozen_ = false;
    waiting_.clear();
  }
  void kill() {
    ++life_;
    is_alive_ = false;
    is_frozen_ = false;
    waiting_.clear();
  }
  void freeze() { is_frozen_ = is_alive_; }
  void thaw() {
    if (!std::exchange(is_frozen_, false)) return;
    std::deque<std::function<void()>> waiting = std::move(waiting_);
    waiting_.clear();
    for (auto& one : waiting) scheduler_.after(0us, std::move(one));
  }

  // `work`, for this life of the process, whatever it is called with.
  template <class Work>
  [[nodiscard]] auto bind(Work work) {
    return [this, life = life_, work = std::move(work)](auto... values) {
      run(life, [work, values...] { work(values...); });
    };
  }
  void after(Duration delay, std::function<void()> work) { scheduler_.after(delay, bind(std::move(work))); }
  [[nodiscard]] TimePoint now() const { return scheduler_.now(); }
  [[nodiscard]] Scheduler& scheduler() { return scheduler_; }

 private:
  void run(std::uint64_t life, std::function<void()> work) {
    if (life != life_ || !is_alive_) return;
    if (is_frozen_) {
      waiting_.push_back([this, life, work = std::move(work)] { run(life, work); });
    } else {
      work();
    }
  }

  Scheduler& scheduler_;
  std::uint64_t life_ = 0;
  bool is_alive_ = false;
  bool is_frozen_ = false;
  std::deque<std::function<void()>> waiting_;
};

}  // namespace tamada::simulation
