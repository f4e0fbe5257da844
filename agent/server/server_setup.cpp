#include "agent/server/server_setup.h"

namespace tamada::agent {

ServerSetupPtr make_server_setup(AgentConfig config, ConfigValue dynamic, patroni::DynamicSettings shared,
                                 int server_version, DescribedSettings known_settings) {
  auto setup = std::make_shared<ServerSetup>();
  EffectivePostgres effective = effective_postgres(config.postgres, dynamic);
  setup->postgres = std::move(effective.settings);
  setup->findings = std::move(effective.findings);
  setup->shared = std::move(shared);
  setup->server_version = server_version;
  setup->known_settings = std::move(known_settings);
  setup->config = std::move(config);
  setup->dynamic = std::move(dynamic);
  return setup;
}

}  // namespace tamada::agent
