// What the decider is set to, out of the node's own file and the shared configuration. Pure.
#pragma once

#include "agent/ha/ha_settings.h"
#include "agent/server/server_setup.h"

namespace tamada::agent {

// `unsupported`: what the shared configuration asks for and this version does not have.
[[nodiscard]] ha::ClusterSettings cluster_settings_of(const ServerSetup& setup,
                                                      const std::vector<patroni::Unsupported>& unsupported);
[[nodiscard]] ha::NodeSettings node_settings_of(const AgentConfig& config);

}  // namespace tamada::agent
