#include "agent/server/watch/flush_watch.h"

#include <algorithm>

namespace tamada::agent {

void FlushWatch::saw(TimePoint asked, TimePoint answered, WalPosition inserted, WalPosition flushed) {
  if (inserted <= flushed) return forget();
  if (flushed_ != flushed) {
    forget();
    flushed_ = flushed;
    since_ = answered;
    return;
  }
  unmoved_ = std::max(unmoved_, asked - since_);
}

void FlushWatch::probed(WalPosition flushed) {
  if (flushed_ == flushed) is_probed_ = true;
}

void FlushWatch::forget() {
  flushed_.reset();
  unmoved_ = Duration{};
  is_probed_ = false;
}

std::optional<WalPosition> FlushWatch::to_probe() const {
  return !is_probed_ && unmoved_ >= probe_after ? flushed_ : std::nullopt;
}

}  // namespace tamada::agent
