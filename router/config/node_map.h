// A node written as a map: {name: pg1, postgres: "pg1:5433", api: "https://pg1:8008"}; what is left out
// follows from the rest.
#pragma once

#include <vector>

#include "common/config/settings_table.h"
#include "router/config/router_config.h"

namespace tamada::router {

// Adds the node to the cluster's, or says what is wrong with it. Ports and scheme that it does not name are
// the cluster's.
std::vector<SettingFault> take_node_map(const YamlNode& map, ClusterConfig& cluster);

}  // namespace tamada::router
