// What a GET on the statistics port shows, as far as it is made from a snapshot alone: which text, of which
// type. Path and query alone decide. Pure.
//
//   /status                    the older JSON of all
//   /metrics                   Prometheus
//   ...;csv ...;json ...       HAProxy's table, wherever in the address these words stand
//   /api/v1/state, /api/v1/SECTION[/KEY], /api/v1/charts
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/http/message.h"
#include "router/stats/render_options.h"
#include "router/stats/stats_snapshot.h"

namespace tamada::router {

// Requests that only look. OPTIONS is one: plain checks of load balancers send it (HAProxy's `option
// httpchk`).
[[nodiscard]] bool looks(const http::Request& request);
inline constexpr std::string_view looking_methods = "GET, HEAD, OPTIONS";  // as Allow names them

struct ReadRoute {
  bool keeps = true;  // worth keeping for others who ask for the same
  std::string_view type;
  // None: there is no such thing (a node of this name, say).
  std::function<std::optional<std::string>(const StatsSnapshot&)> render;
};

// `bad`: set to one sentence where the query is wrong; then there is no route.
[[nodiscard]] std::optional<ReadRoute> read_route(const http::Request& request, const RenderOptions& options,
                                                  std::string& bad);

// Path and query, as the client sent them: the same target, the same text of a snapshot.
[[nodiscard]] std::string target_of(const http::Request& request);

// Whether this is where people look for the page: "/" and the places HAProxy's page is often at.
[[nodiscard]] bool is_page(const http::Request& request);

}  // namespace tamada::router
