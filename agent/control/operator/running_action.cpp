#include "agent/control/operator/running_action.h"

#include <fmt/format.h>

namespace tamada::agent {

using ha::ActionKind;

std::string RunningAction::words() const {
  switch (action.kind) {
    case ActionKind::clone:
      return is_asked_for ? "reinitialize" : fmt::format("bootstrap from leader '{}'", action.from);
    case ActionKind::start_primary:
      return "starting primary after failure";
    case ActionKind::start_standby:
      return "restarting after failure";
    case ActionKind::rewind:
      return fmt::format("running pg_rewind from {}", action.from);
    case ActionKind::recover_alone:
      return "doing crash recovery in a single user mode";
    case ActionKind::none:
    case ActionKind::bootstrap:
    case ActionKind::promote:
    case ActionKind::stop_fast:
    case ActionKind::stop_immediate:
    case ActionKind::restart:
    case ActionKind::check_divergence:
    case ActionKind::set_aside:
      break;
  }
  return std::string(ha::name_of(action.kind));
}

}  // namespace tamada::agent
