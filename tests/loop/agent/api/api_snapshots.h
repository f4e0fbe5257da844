// Snapshots of tests/support/agent_snapshot.h for a server whose clock runs.
#pragma once

#include "common/loop/clock.h"
#include "tests/support/agent_snapshot.h"

namespace tamada::agent {

// A snapshot made for agent_now, as if it were made now.
inline NodeSnapshot made_now(NodeSnapshot snapshot) {
  const Duration shift = loop::boot_now() - agent_now;
  if (snapshot.lock_valid_until != TimePoint::min()) snapshot.lock_valid_until += shift + 60min;
  snapshot.next_run += shift + 60min;
  if (snapshot.cluster) snapshot.cluster->valid_until += shift + 60min;
  if (snapshot.server.facts) {
    snapshot.server.facts->asked_at += shift;
    snapshot.server.facts->valid_until += shift + 60min;
  }
  return snapshot;
}

}  // namespace tamada::agent
