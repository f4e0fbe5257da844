// What callbacks are called for. Pure.
#pragma once

#include <string>

#include "agent/config/postgres_config.h"

namespace tamada::agent {

enum class CallbackKind { on_start, on_stop, on_restart, on_reload, on_role_change };

// As the callback is told it, and as the settings call it.
[[nodiscard]] const char* name_of(CallbackKind kind);
// Empty: none.
[[nodiscard]] const std::string& command_of(const Callbacks& callbacks, CallbackKind kind);

}  // namespace tamada::agent
