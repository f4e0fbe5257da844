// The marks that tools look for on HAProxy's HTML page, as a comment to be put into ours: which version,
// process and uptime. (Datadog, Zabbix and scripts read them with regular expressions.)
#pragma once

#include <string>

#include "router/stats/stats_snapshot.h"

namespace tamada::router {

[[nodiscard]] std::string haproxy_marks(const StatsSnapshot& snapshot);

}  // namespace tamada::router
