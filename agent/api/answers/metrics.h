// The body of GET /metrics, in Prometheus' text format, with the names that dashboards for Patroni know. Pure.
#pragma once

#include <string>

#include "agent/api/answers/node_now.h"

namespace tamada::agent {

[[nodiscard]] std::string metrics_text(const NodeNow& node);

}  // namespace tamada::agent
