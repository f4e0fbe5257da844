// ListenerCounters: what one worker counted on one listener. The worker alone writes (so that adding costs no
// locked instruction); any thread reads, at any time.
#pragma once

#include <atomic>
#include <cstdint>

namespace tamada::router {

class Counter {
 public:
  // Writer's thread only.
  void add(std::uint64_t amount = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// As in ListenerTotals (worker_pool.h). On cache lines of its own: two workers never write to the same one.
struct alignas(64) ListenerCounters {
  Counter up_bytes;
  Counter down_bytes;
  Counter accepted;
  Counter denied;
  Counter refused;
  Counter held;
  Counter retried;
  Counter cut;
  Counter cancels;
  Counter bad_starts;
  std::atomic<bool> paused{false};  // this worker does not accept at the moment
};

}  // namespace tamada::router
