// Decider: what this node does about its cluster, and why.
//
// Feed it events with apply() and the passing of time with tick(); each returns a Step: orders to carry out, the settings
// that a running server is to have, facts with their reasons. Pure: no sockets, no files, no clock, no log. Same input,
// same output. The rules stand in decision_table.h, in reading order; here is how each row is carried out.
//
// Invariants
//   1. A server is started as a primary, or promoted, only while the lock is proved and the guard is armed with its end.
//   2. The lock is released only when the server has been seen not to write any more.
//   3. The lock is ours only as long as a LockReport proved it; a leader key with our name proves nothing.
//   4. Data are replaced only by a copy of a leader that was seen to lead, and only where the settings allow it.
// What it cannot know (etcd silent, server not to be looked at, histories not to be compared) makes it wait.
#pragma once

#include <memory>

#include "agent/ha/ha_events.h"
#include "agent/ha/ha_settings.h"
#include "agent/ha/ha_step.h"
#include "common/base/time.h"

namespace tamada::ha {

// For REST and the member key, as of `now`.
struct HaState {
  bool holds_lock = false;       // proved, and not run out
  TimePoint lock_valid_until{};  // with it
  bool may_write = false;
  bool is_unlocked = false;  // no leader key, as far as is known
  // It is about to go: the leader is to take it out of the synchronous standbys.
  bool stays_out_of_sync = false;
  // This node has what the leader, or the last one, has not.
  bool has_diverged = false;
  bool is_stuck = false;  // and nothing is allowed that would mend it: a person must decide
  // This node's WAL receiver is gone for this vacancy; its position is final.
  std::optional<std::int64_t> receiver_gone_since;
};

class Decider {
 public:
  // Starts knowing nothing, so doing nothing.
  Decider(NodeSettings node, ClusterSettings cluster, TimePoint now);
  ~Decider();
  Decider(const Decider&) = delete;
  Decider& operator=(const Decider&) = delete;

  // Events may repeat, arrive late or out of order; an older one never undoes a newer one. `now` never goes back.
  [[nodiscard]] Step apply(const HaEvent& event, TimePoint now);
  [[nodiscard]] Step tick(TimePoint now);

  [[nodiscard]] HaState state(TimePoint now) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tamada::ha
