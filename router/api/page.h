// The statistics page and its files, as answers. The files are stats-ui/'s, embedded (assets.h); into the
// page itself the marks are put by which tools recognise HAProxy's (router/stats/haproxy/haproxy_html.h).
// Pure.
#pragma once

#include <optional>

#include "common/http/message.h"
#include "router/stats/stats_snapshot.h"

namespace tamada::router {

// Null: nothing is known yet; the page then says so by itself.
[[nodiscard]] http::Response page(const StatsSnapshot* snapshot);

// One of the page's files ("/ui/...", and the description of the API), or 304 if the browser has it already.
// None: there is no such file.
[[nodiscard]] std::optional<http::Response> page_file(const http::Request& request);

}  // namespace tamada::router
