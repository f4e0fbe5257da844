// The line that each cycle of the HA loop ends with, in the words that Patroni's users and tests look for where Patroni has
// such a line (Patroni's contract 3.7, 6.2), else the decision's own. Pure; nothing branches on it.
#pragma once

#include <string>

#include "agent/ha/action.h"
#include "agent/ha/decision_table.h"

namespace tamada::agent {

struct Cycle {
  ha::RowId row = ha::RowId::wait;
  std::string reason;              // of the row
  std::string name;                // this node's
  std::string leader;              // empty: nobody
  bool is_locked_by_hand = false;  // the leader key has no lease, so it is nobody's lock
  bool holds_lock = false;
  bool is_paused = false;
  ha::ActionKind action = ha::ActionKind::none;
  std::string action_from;  // the member that it copies or follows
};

[[nodiscard]] std::string cycle_words(const Cycle& cycle);
// As Patroni names a long action: "bootstrap", "promote", "running pg_rewind from pg2", ...
[[nodiscard]] std::string action_words(ha::ActionKind action, const std::string& from,
                                       const std::string& leader);

}  // namespace tamada::agent
