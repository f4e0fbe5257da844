#include "agent/control/server/callback_plan.h"

#include <utility>

namespace tamada::agent {

using ha::ActionKind;
using ha::ServerKind;

std::vector<PlannedCallback> CallbackPlan::on_look(ServerKind kind, bool is_closed, bool is_acting) {
  if (kind == ServerKind::stopped) is_up_ = false;
  if (is_closed || is_acting || (kind != ServerKind::primary && kind != ServerKind::standby)) return {};
  const std::string role = kind == ServerKind::primary ? "primary" : "replica";
  const bool is_same = role == role_ || role_.empty();
  const bool was_up = std::exchange(is_up_, true);
  role_ = role;
  const bool has_restarted = std::exchange(has_restarted_, false);
  if (!is_same) return {{CallbackEvent::on_role_change, role}};
  if (has_restarted) return {{CallbackEvent::on_restart, role}};
  if (!was_up) return {{CallbackEvent::on_start, role}};
  return {};
}

std::vector<PlannedCallback> CallbackPlan::on_action_ended(ActionKind kind, bool is_done) {
  switch (kind) {
    case ActionKind::stop_fast:
    case ActionKind::stop_immediate:
      if (!is_done || !std::exchange(is_up_, false)) return {};
      return {{CallbackEvent::on_stop, role_}};
    case ActionKind::restart:
      has_restarted_ = is_done;
      return {};
    case ActionKind::start_primary:
      if (is_done || role_ != "primary") return {};
      role_ = "demoted";
      return {{CallbackEvent::on_role_change, role_}};
    default:
      return {};
  }
}

}  // namespace tamada::agent
