// ServerSetup: everything that the settings say about this node's PostgreSQL, of one moment: the node's own file over the
// shared configuration. An immutable value; each part that works on the server is handed the newest one.
#pragma once

#include <memory>
#include <vector>

#include "agent/config/agent_config.h"
#include "agent/config/effective_postgres.h"
#include "agent/postgres/formats/described_settings.h"
#include "common/patroni/dynamic/read_dynamic_settings.h"

namespace tamada::agent {

struct ServerSetup {
  AgentConfig config;               // the node's own file
  ConfigValue dynamic;              // of the key /config, an object
  SharedPostgres postgres;          // both joined (effective_postgres())
  patroni::DynamicSettings shared;  // of the key /config, understood
  std::vector<patroni::DynamicFinding> findings;
  int server_version = 0;  // of the programs: 150018; 0: not known yet
  // Which settings the programs know (PostgresTools::described_settings); empty: not known, and all are passed on.
  DescribedSettings known_settings;

  [[nodiscard]] int major() const { return server_version / 10000; }
};
using ServerSetupPtr = std::shared_ptr<const ServerSetup>;

// Pure. `shared`: what is in force of the key /config (a value that cannot be used leaves the former one).
[[nodiscard]] ServerSetupPtr make_server_setup(AgentConfig config, ConfigValue dynamic,
                                               patroni::DynamicSettings shared, int server_version,
                                               DescribedSettings known_settings = {});

}  // namespace tamada::agent
