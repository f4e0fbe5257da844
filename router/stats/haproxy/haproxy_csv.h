// HAProxy's table as CSV (`;csv`, `show stat`) and one value a line (`;typed`, `show stat typed`).
//
// CSV: a header that begins with "# ", every field followed by a comma, the column "-" last, where HAProxy's
// own modules would begin; rows have as many fields as the header. A text with a comma or a quote is quoted,
// quotes doubled. No text holds a line break. Ends with a line feed; the empty line that ends an answer of
// the socket is the socket's.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "router/stats/haproxy/stat_query.h"
#include "router/stats/render_options.h"
#include "router/stats/stats_snapshot.h"

namespace tamada::router {

// In the format that the query says: CSV, typed or JSON.
[[nodiscard]] std::string render_stat(const StatsSnapshot& snapshot, const StatQuery& query,
                                      const RenderOptions& options);

[[nodiscard]] std::string render_csv(const StatsSnapshot& snapshot, const StatQuery& query,
                                     const RenderOptions& options);
[[nodiscard]] std::string render_typed(const StatsSnapshot& snapshot, const StatQuery& query,
                                       const RenderOptions& options);

// The answer to `show stat` with these words after it, or HAProxy's error line.
[[nodiscard]] std::string show_stat(const StatsSnapshot& snapshot, std::span<const std::string_view> words,
                                    const RenderOptions& options);

}  // namespace tamada::router
