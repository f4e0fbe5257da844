// CallbackPlan: which of people's callbacks an event of the server calls (Patroni's contract 3.13). Pure.
//
// A server that comes up in the role that was told last calls on_start; in another one only on_role_change. A restart calls
// on_restart. Nothing is called while a new cluster is still closed to clients, nor while an action works on the server.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/ha/action.h"
#include "agent/ha/server_view.h"

namespace tamada::agent {

// The last words of CallbackKind (agent/server/callbacks), which this does not include: it is pure.
enum class CallbackEvent { on_start, on_stop, on_restart, on_role_change };

struct PlannedCallback {
  CallbackEvent event = CallbackEvent::on_start;
  std::string role;  // "primary", "replica", "demoted"
  bool operator==(const PlannedCallback&) const = default;
};

class CallbackPlan {
 public:
  [[nodiscard]] std::vector<PlannedCallback> on_look(ha::ServerKind kind, bool is_closed, bool is_acting);
  [[nodiscard]] std::vector<PlannedCallback> on_action_ended(ha::ActionKind kind, bool is_done);

 private:
  std::string role_;  // told last; empty: none yet
  bool is_up_ = false;
  bool has_restarted_ = false;
};

}  // namespace tamada::agent
