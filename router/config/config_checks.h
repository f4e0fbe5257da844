// What is wrong with a configuration whose settings are each fine by themselves: contradictions, duplicates,
// settings without the ones they need, files that cannot be read.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "router/config/config_error.h"
#include "router/config/raw_settings.h"
#include "router/config/router_config.h"

namespace tamada::router {

// `raw` says what was set, and where, so that an error can name the line. Appends to `errors`.
void check_config(const RouterConfig& config, const RawSettings& raw, std::string_view file_name,
                  std::vector<ConfigError>& errors);

}  // namespace tamada::router
