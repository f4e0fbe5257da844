// What stands on the disk of a server that does not run. These functions block.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "agent/postgres/formats/tool_calls.h"
#include "agent/server/watch/server_sighting.h"
#include "common/process/exec_helper.h"

namespace tamada::agent {

// Looks at the data directory, has pg_control read, and the signal files. Nobody may be working there. Errors are in the
// sighting: what could not be looked at is `unknown`. So is a folder with other files than a server's, to which nothing may be
// done, and one on which a postmaster works that the guard does not know.
[[nodiscard]] DiskSighting look_at_disk(const ExecHelper& helper, const ToolPlace& place,
                                        const std::string& data_dir, const std::stop_token& stop);

// What postmaster.pid says; none: there is no such file, or it does not say (yet). Errors: it cannot be read.
[[nodiscard]] Result<std::optional<PostmasterStatus>> postmaster_status_in(const std::string& data_dir);

}  // namespace tamada::agent
