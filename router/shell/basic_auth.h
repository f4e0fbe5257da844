// Who may change something over HTTP: Basic credentials against those of the configuration. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "router/config/router_config.h"

namespace tamada::router {

enum class Access {
  granted,
  closed,   // no credentials are configured: nobody may change anything
  unnamed,  // none were sent
  refused,  // wrong ones were sent
};

// `authorization`: the header's value, if there was one. Takes as long for a wrong first letter as for a
// wrong last one.
[[nodiscard]] Access check_access(const StatsConfig& config, std::optional<std::string_view> authorization);

}  // namespace tamada::router
