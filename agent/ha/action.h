// Action: a long work on the server or its data directory. At most one runs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/ha/store_view.h"

namespace tamada::ha {

enum class ActionKind : std::uint8_t {
  none,
  bootstrap,      // makes a new cluster; closed to clients until the lock is held
  clone,          // a base backup of `from`, in a folder of its own until it is whole
  start_primary,  // starts as it is: a primary goes on after a crash, without a new timeline. Only with the lock
  start_standby,     // starts in recovery, following `from`, or nobody
  promote,           // only with the lock, and an armed guard
  stop_fast,         // ends sessions, with a shutdown checkpoint that standbys still receive
  stop_immediate,    // as a crash
  restart,           // stop_fast, then as it was
  check_divergence,  // compares the histories of this node and of `from`
  rewind,            // makes this data directory one that can follow `from`
  set_aside,         // moves a cluster that was bootstrapped in vain out of the way, without destroying it
  recover_alone,     // single-user mode: a crashed primary's recovery, so that it can be compared
};
[[nodiscard]] std::string_view name_of(ActionKind kind);

struct Action {
  std::uint64_t id = 0;
  ActionKind kind = ActionKind::none;
  std::string from;  // a member's name; empty: nobody
  // promote: the new timeline, which nobody in the cluster has had before.
  std::uint32_t timeline = 0;
  // clone, when there is a data directory: the old one may go once the new one is whole.
  bool may_replace_data = false;
  // stop_fast: a checkpoint before it, so that the one in it is short and nobody leads for a shorter time. It takes its own
  // time, so it is made only where nothing presses.
  bool makes_checkpoint = false;

  bool operator==(const Action&) const = default;
};

// Whether two histories allow to follow.
enum class Divergence : std::uint8_t {
  cannot_know,  // the leader did not say enough, or has not finished its promotion
  none,         // it can follow as it is
  diverged,     // it must be rewound or cloned
};

struct ActionResult {
  enum class Outcome { done, failed, cancelled };
  Outcome outcome = Outcome::failed;
  Divergence divergence = Divergence::cannot_know;  // of check_divergence
  std::string words;                                // for people: what failed and why
};

}  // namespace tamada::ha
