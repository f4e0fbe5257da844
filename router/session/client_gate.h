// ClientGate: how many clients there are, per worker and in all, and how many there may be. Any thread,
// without a lock.
//
// Connections are given to the worker with the fewest, so that a few clients spread evenly: the kernel gives
// them to whichever worker wakes first.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace tamada::router {

class ClientGate {
 public:
  explicit ClientGate(std::uint32_t workers) : counts_(workers) {}

  // Clients in all; 0: none may come in.
  void set_limit(std::uint32_t limit) { limit_.store(limit, std::memory_order_relaxed); }
  [[nodiscard]] std::uint32_t limit() const { return limit_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool is_full() const { return total_.load(std::memory_order_relaxed) >= limit(); }

  // A client came to `worker`. Answers who shall have it, and counts it there.
  std::uint32_t enter(std::uint32_t worker) {
    std::uint32_t best = worker;
    std::uint32_t fewest = counts_[worker].clients.load(std::memory_order_relaxed);
    const std::uint32_t own = fewest;
    for (std::uint32_t i = 0; i < counts_.size(); ++i) {
      const std::uint32_t clients = counts_[i].clients.load(std::memory_order_relaxed);
      if (clients < fewest) {
        fewest = clients;
        best = i;
      }
    }
    // Handing over costs a wake-up of the other thread: not for a difference that does not matter.
    if (own - fewest <= own / 16) best = worker;
    counts_[best].clients.fetch_add(1, std::memory_order_relaxed);
    total_.fetch_add(1, std::memory_order_relaxed);
    return best;
  }
  void leave(std::uint32_t worker) {
    counts_[worker].clients.fetch_sub(1, std::memory_order_relaxed);
    total_.fetch_sub(1, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint32_t clients(std::uint32_t worker) const {
    return counts_[worker].clients.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint32_t clients() const { return total_.load(std::memory_order_relaxed); }

 private:
  struct alignas(64) Count {
    std::atomic<std::uint32_t> clients{0};
  };
  std::vector<Count> counts_;
  std::atomic<std::uint32_t> total_{0};
  std::atomic<std::uint32_t> limit_{UINT32_MAX};
};

}  // namespace tamada::router
