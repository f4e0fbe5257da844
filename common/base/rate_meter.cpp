#include "common/base/rate_meter.h"

#include <algorithm>

namespace tamada {
namespace {

constexpr Duration second = std::chrono::seconds(1);

}  // namespace

void RateMeter::add(TimePoint now) {
  const Duration since = now - began_;
  if (since >= 2 * second) {
    began_ = now;
    before_ = 0;
    count_ = 0;
  } else if (since >= second) {
    began_ += second;
    before_ = count_;
    count_ = 0;
  }
  ++count_;
  max_ = std::max(max_, rate(now));
}

std::uint32_t RateMeter::rate(TimePoint now) const {
  const Duration since = now - began_;
  const auto share = [](std::uint32_t count, Duration left) {
    return static_cast<std::uint32_t>(std::int64_t{count} * to_ms(left) / to_ms(second));
  };
  if (since >= 2 * second) return 0;
  if (since >= second) return share(count_, 2 * second - since);
  return count_ + share(before_, second - since);
}

}  // namespace tamada
