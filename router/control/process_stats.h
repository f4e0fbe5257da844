// What this process is and uses, for the statistics: asked of the kernel cheaply, each time anew.
#pragma once

#include <cstdint>

#include "router/config/router_config.h"
#include "router/stats/stats_snapshot.h"

namespace tamada::router {

// Sets version, host, pid, descriptors, clients_max, resident_bytes and cpu_s. What cannot be read is 0 or
// empty. Any thread.
void fill_process(ProcessStats& stats, const RouterConfig& config);

}  // namespace tamada::router
