// What PostgreSQL on this node is run with: the node's own file over the shared configuration. Pure.
#pragma once

#include <vector>

#include "agent/config/postgres_config.h"
#include "common/patroni/dynamic/postgres_parameters.h"
#include "common/patroni/dynamic/read_dynamic_settings.h"

namespace tamada::agent {

struct EffectivePostgres {
  SharedPostgres settings;
  std::vector<patroni::DynamicFinding> findings;
};

// Key by key: where the node's own file says anything about one, that counts, whole; else what the shared
// configuration says. A shared value that cannot be used is named, and the default stays. `dynamic`: the JSON
// of /config; anything but an object says nothing.
[[nodiscard]] EffectivePostgres effective_postgres(const PostgresConfig& local, const ConfigValue& dynamic);

// The parameters of postgresql.conf and of the command line, without those of a role. `scope`: the cluster's
// name. See patroni::effective_parameters().
[[nodiscard]] patroni::EffectiveParameters node_parameters(const PostgresConfig& local,
                                                           const std::string& scope,
                                                           const ConfigValue& dynamic, int server_version,
                                                           const patroni::PostgresParameters& former = {});

}  // namespace tamada::agent
