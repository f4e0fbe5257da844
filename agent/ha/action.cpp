#include "agent/ha/action.h"

namespace tamada::ha {

std::string_view name_of(ActionKind kind) {
  switch (kind) {
    case ActionKind::none:
      return "none";
    case ActionKind::bootstrap:
      return "bootstrap";
    case ActionKind::clone:
      return "clone";
    case ActionKind::start_primary:
      return "start as primary";
    case ActionKind::start_standby:
      return "start as standby";
    case ActionKind::promote:
      return "promote";
    case ActionKind::stop_fast:
      return "stop";
    case ActionKind::stop_immediate:
      return "stop at once";
    case ActionKind::restart:
      return "restart";
    case ActionKind::check_divergence:
      return "check of the histories";
    case ActionKind::rewind:
      return "rewind";
    case ActionKind::set_aside:
      return "setting aside";
    case ActionKind::recover_alone:
      return "single-user recovery";
  }
  return "?";
}

}  // namespace tamada::ha
