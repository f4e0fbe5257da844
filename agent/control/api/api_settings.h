// The section restapi of a node's file as the REST API takes it. Pure.
#pragma once

#include "agent/api/api_options.h"
#include "agent/config/restapi_config.h"

namespace tamada::agent {

[[nodiscard]] ApiOptions api_options_of(const RestApiConfig& config);

}  // namespace tamada::agent
