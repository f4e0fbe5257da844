// GuardView: how this node's guard stands, as GET /patroni shows it.
#pragma once

#include <cstdint>

#include "common/base/time.h"

namespace tamada::agent {

enum class GuardState : std::uint8_t {
  missing,   // none that answers the agent: nothing would end PostgreSQL with the lock
  disarmed,  // it holds no deadline: a replica's, or in a pause
  armed,     // it ends PostgreSQL at `ends_at`
  fired,     // it has, for the lock that was held last
};

struct GuardView {
  GuardState state = GuardState::missing;
  TimePoint ends_at{};  // armed: then PostgreSQL is ended, unless the lock is renewed before
  bool operator==(const GuardView&) const = default;
};

}  // namespace tamada::agent
