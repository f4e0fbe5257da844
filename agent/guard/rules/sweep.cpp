#include "agent/guard/rules/sweep.h"

#include <algorithm>
#include <csignal>

namespace tamada::guard {

void Sweep::begin(TimePoint now) {
  if (!running_) began_ = now;
  running_ = true;
  next_ = now;
  empty_rounds_ = 0;
}

int Sweep::signal(TimePoint now) const {
  return now < began_ + grace ? SIGQUIT : SIGKILL;
}

bool Sweep::swept(std::uint32_t found, TimePoint now) {
  empty_rounds_ = found == 0 ? static_cast<std::uint8_t>(empty_rounds_ + 1) : std::uint8_t{0};
  running_ = empty_rounds_ < 2;
  next_ = now + (now < began_ + slow_after ? round : slow_round);
  // SIGKILL goes out at its time, not up to a round later.
  const TimePoint kill = began_ + grace;
  if (now < kill) next_ = std::min(next_, kill);
  return !running_;
}

}  // namespace tamada::guard
