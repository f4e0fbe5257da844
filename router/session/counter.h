// What a worker counts with: one thread writes, so that adding costs no locked instruction; any thread reads,
// at any time, and sees each value whole but several of them not at one moment.
//
// Nobody but the writer ever stores: counts are cleared by the reader, who subtracts what he saw before
// (listener_status.h), and maxima by a new era.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "common/base/time.h"

namespace tamada::router {

class Counter {
 public:
  // Writer's thread only.
  void add(std::uint64_t amount = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Counts how often maxima were cleared; one for all of them, which it outlives. Whoever clears begins an era.
using Era = std::atomic<std::uint32_t>;

// The largest value of this era.
class Maximum {
 public:
  void raise(std::uint32_t value, const Era& era) {
    const std::uint32_t now = era.load(std::memory_order_relaxed);
    if (value > of(now)) {
      era_and_value_.store(std::uint64_t{now} << 32 | value, std::memory_order_relaxed);
    }
  }
  [[nodiscard]] std::uint32_t get(const Era& era) const { return of(era.load(std::memory_order_relaxed)); }

 private:
  [[nodiscard]] std::uint32_t of(std::uint32_t era) const {
    const std::uint64_t both = era_and_value_.load(std::memory_order_relaxed);
    return both >> 32 == era ? static_cast<std::uint32_t>(both) : 0;
  }
  std::atomic<std::uint64_t> era_and_value_{0};
};

// Durations of one kind: how many, their sum, the largest, and their average over about the last `window`
// (HAProxy's sliding sum: each new value pushes out one average).
class DurationCounter {
 public:
  static constexpr std::uint64_t window = 512;

  void add(Duration span, const Era& era) {
    const auto ms = static_cast<std::uint64_t>(std::clamp<long long>(to_ms(span), 0, UINT32_MAX));
    const std::uint64_t before = sliding_.get();
    const std::uint64_t out = count_.get() < window ? 0 : (before + window - 1) / window;
    sliding_.set(before - out + ms);
    total_ms_.add(ms);
    count_.add();
    longest_.raise(static_cast<std::uint32_t>(ms), era);
  }
  [[nodiscard]] std::uint64_t count() const { return count_.get(); }
  [[nodiscard]] std::uint64_t total_ms() const { return total_ms_.get(); }
  [[nodiscard]] std::uint64_t sliding_average_ms() const {
    return sliding_.get() / std::clamp<std::uint64_t>(count_.get(), 1, window);
  }
  [[nodiscard]] std::uint32_t max_ms(const Era& era) const { return longest_.get(era); }

 private:
  Counter count_;
  Counter total_ms_;
  Counter sliding_;  // the sum of about the last `window`
  Maximum longest_;
};

}  // namespace tamada::router
