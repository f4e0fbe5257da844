// The rows of each part of the router's table of settings (settings.h). Only the settings_*.cpp files, which
// hold the rows, include this.
#pragma once

#include <vector>

#include "common/config/setting_rows.h"
#include "router/config/router_values.h"
#include "router/config/settings.h"

namespace tamada::router {

// In the order of the documentation.
void add_cluster_settings(std::vector<Setting>& rows);
void add_listener_settings(std::vector<Setting>& rows);
void add_stats_settings(std::vector<Setting>& rows);
void add_process_settings(std::vector<Setting>& rows);

}  // namespace tamada::router
