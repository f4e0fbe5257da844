// HAProxy's table as its JSON (`;json`, `show stat json`): an array of rows, each an array of values that say
// which column of which object they are, what kind of number, and of which type. Without a line feed at the
// end, like HAProxy's.
#pragma once

#include <string>
#include <string_view>

#include "router/stats/haproxy/stat_query.h"
#include "router/stats/render_options.h"
#include "router/stats/stats_snapshot.h"

namespace tamada::router {

[[nodiscard]] std::string render_haproxy_json(const StatsSnapshot& snapshot, const StatQuery& query,
                                              const RenderOptions& options);

// The JSON schema of that and of `show info json` (`;json-schema`, `show schema json`).
[[nodiscard]] std::string_view haproxy_json_schema();

// Parts that `show info json` has in common: ,"processNum":1,"tags":{...},"value":{...}}
void add_json_text(std::string& out, std::string_view text);  // quoted; `text` is valid UTF-8
void add_json_tags(std::string& out, std::string_view tags);  // "MCP" as {"origin":"Metric",...}

}  // namespace tamada::router
