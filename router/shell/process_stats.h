// What this process is and uses, for the statistics: asked of the kernel cheaply, each time anew.
#pragma once

#include <cstdint>

#include "router/stats/stats_snapshot.h"

namespace tamada::router {

// Sets version, host, pid, descriptors, clients_max, resident_bytes and cpu_s. What cannot be read is 0 or
// empty. `max_connections` as configured; 0: as many as descriptors allow. Any thread.
void fill_process(ProcessStats& stats, std::uint32_t max_connections);

}  // namespace tamada::router
