// The text of `state_dir`/failovers.json, so that what happened last night survives a restart. Pure.
//
// Long words and the steps beyond the first 60 of a record are left out: the file is written during
// fail-overs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "router/history/failover.h"

namespace tamada::router {

// JSON with a line end; bytes that are no UTF-8 become U+FFFD. Times are milliseconds since 1970.
[[nodiscard]] std::string failovers_to_text(const std::vector<Failover>& records);

// Newest first, as written. Fails (invalid) with the place and the reason; nothing is believed in part.
[[nodiscard]] Result<std::vector<Failover>> failovers_from_text(std::string_view text);

}  // namespace tamada::router
