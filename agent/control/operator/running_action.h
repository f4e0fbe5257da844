// RunningAction: the action that goes on now, as a client who has to wait for it is told. A value. Pure.
#pragma once

#include <string>

#include "agent/ha/action.h"

namespace tamada::agent {

struct RunningAction {
  ha::Action action;          // kind none: nothing goes on
  bool is_asked_for = false;  // an operator asked for it: a clone is his reinitialisation

  [[nodiscard]] bool is_running() const { return action.kind != ha::ActionKind::none; }
  // Patroni's name for it where it has one: "reinitialize", "restart", "running pg_rewind from pg1".
  [[nodiscard]] std::string words() const;
};

}  // namespace tamada::agent
