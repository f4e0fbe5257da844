// Situation: what is known, boiled down to what the decision table asks. One value for each decision; pure.
#pragma once

#include <cstdint>

#include "agent/ha/action.h"
#include "agent/ha/server_view.h"

namespace tamada::ha {

// How the leader key stands to this node.
enum class LockStanding : std::uint8_t {
  unknown,   // etcd has not been heard for too long, and we hold nothing
  free,      // there is no leader key
  foreign,   // somebody holds it; also a key with our name and a lease that is not ours
  unproved,  // a former run of this agent took it; no renewal has been answered yet
  mine,      // proved, and valid for long enough
  expiring,  // proved once, and too little is left of it: etcd does not answer
};

// How a node stands that is to follow the leader of now.
enum class Rejoin : std::uint8_t {
  unchecked,    // nobody has compared the histories yet
  fits,         // can follow as it is
  must_rewind,  // has what the leader has not
  must_clone,   // cannot be rewound; may be replaced by a copy
  stuck,        // cannot be rewound and may not be replaced: somebody has to look
};

struct Situation {
  LockStanding lock = LockStanding::unknown;
  bool has_seen_store = false;   // since the agent began
  bool leader_is_known = false;  // foreign: its member key says a running primary
  DataState data = DataState::unknown;
  ServerKind server = ServerKind::unknown;
  // It takes writes, or may at any moment: seen as a primary, promoted or started as one, and not seen otherwise since.
  bool may_write = false;
  bool is_paused = false;
  bool is_leaving = false;
  bool guard_fired = false;       // for the epoch that we hold
  bool guard_is_missing = false;  // nothing ends the server when the lock ends
  ActionKind action = ActionKind::none;
  bool action_is_obsolete = false;  // what it was begun for is gone
  bool is_handing_over = false;
  bool is_giving_up = false;
  bool is_bootstrapping = false;  // this node makes the cluster, and its server is closed to clients
  bool is_other_system = false;   // the data are of another cluster than /initialize says
  bool has_initialize = false;    // and it is not the claim of this node
  bool may_bootstrap = false;
  bool may_replace_data = false;  // settings allow that broken or diverged data are replaced by a copy
  bool was_primary = false;       // stopped: it was stopped, or ended, as a primary
  bool is_found_primary = false;  // ran as a primary when the agent came, without a lock of ours
  bool is_superseded = false;     // a primary on an older timeline than etcd says that the cluster has begun
  // The same, in a pause; and the leader key has our name with the lease of whoever ran here before, which is about to end.
  bool waits_for_left_lock = false;
  bool is_candidate = false;  // /failover names us
  bool stands_back = false;   // it handed over, and waits for the new leader
  bool is_overdue = false;    // starting, hung or stalled for longer than allowed
  bool has_crashed_often = false;
  bool hands_over_crash = false;  // a crash hands over (primary_start_timeout 0), and somebody could take it
  bool has_failed_often = false;  // unexpected errors, one after the other
  Rejoin rejoin = Rejoin::unchecked;
};

}  // namespace tamada::ha
