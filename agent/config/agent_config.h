// AgentConfig: everything that a node's own patroni.yml and PATRONI_* variables say, as one plain struct. The
// loader (load_agent_config.h) makes it, or a list of errors. Defaults are Patroni's. Values; copied freely.
//
// What the whole cluster shares is in patroni::DynamicSettings (common/patroni/dynamic); how both are joined,
// in effective_postgres.h and patroni::effective_parameters().
#pragma once

#include <string>

#include "agent/config/bootstrap_config.h"
#include "agent/config/etcd_config.h"
#include "agent/config/log_settings.h"
#include "agent/config/node_tags.h"
#include "agent/config/postgres_config.h"
#include "agent/config/restapi_config.h"
#include "agent/config/watchdog_config.h"

namespace tamada::agent {

struct AgentConfig {
  std::string name;                     // of this node: its member key
  std::string scope;                    // of the cluster
  std::string key_prefix = "/service";  // Patroni's `namespace`, with one slash before it and none behind
  LogSettings log;
  RestApiConfig restapi;
  CtlConfig ctl;
  EtcdConfig etcd;
  BootstrapConfig bootstrap;
  PostgresConfig postgres;
  WatchdogConfig watchdog;
  NodeTags tags;
  bool operator==(const AgentConfig&) const = default;
};

}  // namespace tamada::agent
