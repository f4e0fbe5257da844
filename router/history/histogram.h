// A histogram with fixed upper bounds, as Prometheus wants it (not cumulative here; the renderer adds up).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tamada::router {

template <std::size_t n>
struct Histogram {
  std::array<std::uint64_t, n + 1> counts{};  // counts[i]: values <= bounds[i]; the last one: all above
  double sum_s = 0;

  // `bounds` ascend, in seconds.
  void add(const std::array<double, n>& bounds, double value_s) {
    std::size_t i = 0;
    while (i < n && value_s > bounds.at(i)) ++i;
    ++counts.at(i);
    sum_s += value_s;
  }
  [[nodiscard]] std::uint64_t total() const {
    std::uint64_t all = 0;
    for (const std::uint64_t count : counts) all += count;
    return all;
  }
};

// Upper bounds in seconds: of waits, and of checks.
inline constexpr std::array<double, 12> hold_bounds{0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
inline constexpr std::array<double, 10> check_bounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 2};

}  // namespace tamada::router
