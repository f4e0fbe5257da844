// What is wrong with a configuration whose settings are each fine by themselves: contradictions, duplicates,
// settings without the ones they need.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "router/config/config_error.h"
#include "router/config/load_router_config.h"
#include "router/config/raw_settings.h"
#include "router/config/router_config.h"

namespace tamada::router {

struct FoundElsewhere {
  std::span<const Place> node_places;  // where each node of the configuration stands
  std::span<const MachineFinding> machine;
};

// `raw` says what was set, and where, so that an error can name the line. Appends to `errors`, which holds
// what is wrong with single values already: a check that looks at such a value, or at one that is missing
// where somebody may have meant it, says nothing.
void check_config(const RouterConfig& config, const RawSettings& raw, const FoundElsewhere& found,
                  std::string_view file_name, std::vector<ConfigError>& errors);

}  // namespace tamada::router
