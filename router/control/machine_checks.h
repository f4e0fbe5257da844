// What a configuration asks of this machine, beyond files that can be read: what a start would refuse, `-c`
// and a reload refuse with the same sentence, since all three ask here.
//
// Looked at are the TLS files (stats.tls, cluster.api_tls, cluster.etcd.tls), state_dir, and the folders and
// owners of the run-time sockets. Not looked at are addresses: whether one is this machine's and free changes
// with what else runs here (with the router itself, where `-c` is asked beside it), and sockets may be handed
// over. Opening them tells.
//
// Reads files and asks the user database: blocks. Changes nothing. What it cannot know (a file system that
// becomes read-only later), the part that needs it tells when it comes to it.
#pragma once

#include <vector>

#include "router/config/load_router_config.h"

namespace tamada::router {

[[nodiscard]] std::vector<MachineFinding> check_machine(const RouterConfig& config);

// read_router_config() with check_machine().
[[nodiscard]] LoadedConfig read_and_check(const std::string& path, const Environment& environment,
                                          const FileReader& read_file);
[[nodiscard]] LoadedConfig read_and_check(const std::string& path, const Environment& environment);

}  // namespace tamada::router
