// Which settings wait for a restart of the running server: asked of the server, compared with what a start would give it.
#pragma once

#include <vector>

#include "agent/postgres/formats/server_config_text.h"
#include "common/base/result.h"
#include "common/patroni/member_value.h"
#include "common/postgres/client/statement.h"

namespace tamada::agent {

// For a superuser: the settings that the server itself says wait, with what its files say of them, and those of `command_line`.
[[nodiscard]] postgres::Statement pending_query(const Settings& command_line);

// By name. What is on the command line counts as it would be given now, whatever the files say. Errors: the server's, or a
// result of another form than was asked for.
[[nodiscard]] Result<std::vector<patroni::PendingRestart>> parse_pending(const postgres::Answer& answer,
                                                                         const Settings& command_line);

}  // namespace tamada::agent
