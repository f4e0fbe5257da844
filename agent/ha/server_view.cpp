#include "agent/ha/server_view.h"

#include <algorithm>

namespace tamada::ha {

std::optional<Lsn> ServerView::position() const {
  if (kind == ServerKind::primary) return written;
  if (kind == ServerKind::standby) {
    if (received && replayed) return std::max(*received, *replayed);
    return received ? received : replayed;
  }
  if (kind == ServerKind::stopped && checkpoint != 0) return checkpoint;
  return std::nullopt;
}

bool ServerView::was_primary() const {
  return !has_standby_signal &&
         (control == ControlState::shut_down || control == ControlState::in_production ||
          control == ControlState::in_crash_recovery);
}

}  // namespace tamada::ha
