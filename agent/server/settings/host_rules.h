// Which lines pg_hba.conf and pg_ident.conf have. Inner part of server_files.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/server/server_setup.h"

namespace tamada::agent {

// The whole text for this role; none: the settings say nothing, so the file is left as it is.
[[nodiscard]] std::optional<std::string> host_rules_text(const RoleLines& lines, const std::string& role);

// pg_hba.conf of a server that is closed to clients: only the agent's superuser is let in, from this machine. Where initdb
// has given it its password it is asked for; after a custom method nobody knows the passwords yet, so it is trusted.
[[nodiscard]] std::string closed_host_rules_text(const ServerSetup& setup);

}  // namespace tamada::agent
