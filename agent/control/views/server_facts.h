// What SQL told in a look, as the REST API shows it. Pure.
#pragma once

#include <optional>

#include "agent/api/answers/local_server.h"
#include "agent/control/views/control_state.h"

namespace tamada::agent {

// None: SQL did not answer in the last look, or it is older than three intervals.
[[nodiscard]] std::optional<ServerFacts> server_facts(const ControlState& state, TimePoint now);

// From when on what the last look saw may not be taken for the present any more.
[[nodiscard]] TimePoint look_ends(const ControlState& state);

}  // namespace tamada::agent
