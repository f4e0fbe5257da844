// What is wrong with a configuration whose settings are each fine by themselves: contradictions, duplicates,
// settings without the ones they need.
#pragma once

#include <span>
#include <vector>

#include "common/config/config_error.h"
#include "common/config/raw_settings.h"
#include "router/config/load_router_config.h"
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
                  std::vector<ConfigError>& errors);

}  // namespace tamada::router
