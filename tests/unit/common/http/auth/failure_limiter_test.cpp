#include "common/http/auth/failure_limiter.h"

#include <catch2/catch.hpp>

namespace tamada::http {
namespace {

constexpr TimePoint start{1000s};

TEST_CASE("a few wrong passwords cost nothing, more cost more and more", "[failure_limiter]") {
  FailureLimiter limiter;
  for (std::uint32_t i = 1; i < FailureLimiter::free_failures; ++i) limiter.failed("10.0.0.1", start);
  CHECK(limiter.wait("10.0.0.1", start) == 0s);
  limiter.failed("10.0.0.1", start);
  CHECK(limiter.wait("10.0.0.1", start) == 1s);
  CHECK(limiter.wait("10.0.0.1", start + 1s) == 0s);
  limiter.failed("10.0.0.1", start + 1s);
  CHECK(limiter.wait("10.0.0.1", start + 1s) == 2s);
  for (int i = 0; i < 100; ++i) limiter.failed("10.0.0.1", start + 1s);
  CHECK(limiter.wait("10.0.0.1", start + 1s) == FailureLimiter::longest);
  CHECK(limiter.wait("10.0.0.2", start + 1s) == 0s);
  limiter.succeeded("10.0.0.1");
  CHECK(limiter.wait("10.0.0.1", start + 1s) == 0s);
}

TEST_CASE("a crowd of guessers does not fill the memory", "[failure_limiter]") {
  FailureLimiter limiter;
  for (std::size_t i = 0; i < 2 * FailureLimiter::addresses_max; ++i) {
    const std::string address = std::to_string(i);
    for (std::uint32_t j = 0; j < FailureLimiter::free_failures; ++j) {
      limiter.failed(address, start + std::chrono::milliseconds(i));
    }
  }
  CHECK(limiter.wait("0", start) == 0s);  // the oldest was forgotten
  CHECK(limiter.wait(std::to_string(2 * FailureLimiter::addresses_max - 1), start) > 0s);
}

}  // namespace
}  // namespace tamada::http
