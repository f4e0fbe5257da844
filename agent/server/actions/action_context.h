// ActionContext: what an action is to know besides its kind, as of its beginning. A value.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/guard/protocol/lock_epoch.h"
#include "agent/ha/ha_step.h"
#include "agent/server/server_look.h"
#include "agent/server/server_setup.h"
#include "agent/server/upstream.h"
#include "common/patroni/server_state.h"

namespace tamada::agent {

struct ActionContext {
  ServerSetupPtr setup;
  ha::WantedSettings wanted;
  Upstream from;    // the member that action.from names; not set: nobody
  Upstream leader;  // who holds the lock, of a rewind or of a custom method
  // All members' names, this node's included; empty: not known. Whoever else receives WAL is a stranger, whom a stop does not
  // wait for long.
  std::set<std::string> members;
  Upstreams sources;  // whom a clone may be made from, in order (clonefrom, then the leader); of a clone
  ServerLook last_look;
  // The lock's, where it is held: of what makes the server writable.
  std::optional<guard::LockEpoch> epoch;
  TimePoint lease_end{};
  bool is_paused = false;
  // An operator asked for this clone (reinitialize).
  bool is_asked_for = false;
  bool from_leader_only = false;
  std::optional<Duration> start_limit;  // primary_start_timeout, or the restart request's own; none: for ever
  // primary_stop_timeout, of a primary's stop in synchronous mode: after it the server is ended hard; none: for ever.
  std::optional<Duration> stop_limit;
};

// What an action tells while it runs, on the loop's thread.
struct ActionProgress {
  // What the server is doing, in Patroni's words; none: look at it.
  std::function<void(std::optional<patroni::ServerState>)> on_state;
  // A sentence for the log.
  std::function<void(const std::string& words, bool is_warning)> on_words;
  // What is wrong with people's settings, the whole list each time that a server is started. Empty: by on_words.
  std::function<void(const std::vector<std::string>& findings)> on_findings = {};
};

}  // namespace tamada::agent
