// "write/pg1": one node on one listener, HAProxy's server of a backend, as the commands of the run-time
// socket name it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "router/stats/stats_snapshot.h"

namespace tamada::router {

struct RuntimeServer {
  const ListenerStats* listener = nullptr;
  const NodeStats* node = nullptr;
  const RouteStats* route = nullptr;
  [[nodiscard]] const std::string& node_name() const {
    return node->view.configured_name.empty() ? node->view.name : node->view.configured_name;
  }
};

// The names are those of `show stat`; a node also answers to the name it goes by. Errors are HAProxy's, with
// the line feed. Lives as long as the snapshot.
[[nodiscard]] Result<RuntimeServer> find_server(const StatsSnapshot& snapshot, std::string_view text);

// The index of a listener by its name there; -1: none.
[[nodiscard]] int find_backend(const StatsSnapshot& snapshot, std::string_view name);

// "5", "50%" (of the configured weight, which is 1): 0 to 256. Errors are HAProxy's, with the line feed.
[[nodiscard]] Result<std::uint32_t> parse_weight(std::string_view text);

}  // namespace tamada::router
