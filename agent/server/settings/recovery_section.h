// The recovery settings at the end of postgresql.conf. Inner part of server_files.cpp.
#pragma once

#include <string>
#include <vector>

#include "agent/server/settings/server_files.h"

namespace tamada::agent {

// `of_parameters`: recovery settings that stand among the parameters; they win over recovery_conf, as in Patroni. What is
// the agent's (targets, upstream, promotion) is taken from neither, and told in `findings`.
[[nodiscard]] Settings recovery_section(const ServerSetup& setup, const ServerRole& role,
                                        const ha::WantedSettings& wanted, const Settings& of_parameters,
                                        std::vector<std::string>& findings);

// Lines for everybody who logs in to the upstream from here: the WAL receiver, pg_rewind, the agent. Empty where there is no
// upstream or no password.
[[nodiscard]] std::string upstream_passwords(const ServerSetup& setup, const ServerRole& role,
                                             std::vector<std::string>& findings);

}  // namespace tamada::agent
