// `show info`: the process as HAProxy's table of keys and values; as text, one typed value a line, or JSON.
// The same table is written as the haproxy_process_ metrics.
//
// Text has exactly one colon a line: tools split there. What HAProxy has and the router has not (SSL,
// compression, peers, pipes) is 0, so that tools that insist on a key find it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "router/stats/haproxy/haproxy_columns.h"
#include "router/stats/haproxy/haproxy_rows.h"
#include "router/stats/render_options.h"
#include "router/stats/stats_snapshot.h"

namespace tamada::router {

struct InfoField {
  std::string_view name;    // "Uptime_sec"
  std::string_view tags;    // as in HaproxyColumn
  std::string_view metric;  // after haproxy_process_; empty: none
  MetricKind kind;
  std::string_view words;
};
// In HAProxy's order; the index is the position that typed output and JSON tell.
inline constexpr std::size_t info_count = 72;
extern const std::array<InfoField, info_count> info_fields;

// Values in the order of info_fields. Not copied: values look into `texts`.
struct InfoTable {
  std::array<HaproxyValue, info_count> values{};
  std::deque<std::string> texts;

  InfoTable() = default;
  InfoTable(const InfoTable&) = delete;
  InfoTable& operator=(const InfoTable&) = delete;
  InfoTable(InfoTable&&) = default;
  InfoTable& operator=(InfoTable&&) = default;
};
[[nodiscard]] InfoTable info_table(const StatsSnapshot& snapshot, const RenderOptions& options);

// The answer to `show info` with these words after it: any of typed, json, desc.
[[nodiscard]] std::string show_info(const StatsSnapshot& snapshot, std::span<const std::string_view> words,
                                    const RenderOptions& options);

// "3d 4h05m06s"
[[nodiscard]] std::string haproxy_uptime(const StatsSnapshot& snapshot);

}  // namespace tamada::router
