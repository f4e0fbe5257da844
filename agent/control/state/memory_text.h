// The StoreMemory as text, for its file: what an earlier run of the agent had seen last of etcd. Pure.
#pragma once

#include <string>

#include "agent/ha/ha_events.h"
#include "common/base/result.h"

namespace tamada::agent {

[[nodiscard]] std::string write_memory(const ha::StoreMemory& memory);
// An Error: the file is damaged, or is none of ours. Nothing of it counts then.
[[nodiscard]] Result<ha::StoreMemory> read_memory(const std::string& text);

// Takes in what a view shows. True: something that is to be kept has changed (the revision alone is not).
bool remember(ha::StoreMemory& memory, const ha::StoreView& view);

}  // namespace tamada::agent
