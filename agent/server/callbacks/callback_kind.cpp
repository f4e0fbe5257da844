#include "agent/server/callbacks/callback_kind.h"

namespace tamada::agent {

const char* name_of(CallbackKind kind) {
  switch (kind) {
    case CallbackKind::on_start:
      return "on_start";
    case CallbackKind::on_stop:
      return "on_stop";
    case CallbackKind::on_restart:
      return "on_restart";
    case CallbackKind::on_reload:
      return "on_reload";
    case CallbackKind::on_role_change:
      break;
  }
  return "on_role_change";
}

const std::string& command_of(const Callbacks& callbacks, CallbackKind kind) {
  switch (kind) {
    case CallbackKind::on_start:
      return callbacks.on_start;
    case CallbackKind::on_stop:
      return callbacks.on_stop;
    case CallbackKind::on_restart:
      return callbacks.on_restart;
    case CallbackKind::on_reload:
      return callbacks.on_reload;
    case CallbackKind::on_role_change:
      break;
  }
  return callbacks.on_role_change;
}

}  // namespace tamada::agent
