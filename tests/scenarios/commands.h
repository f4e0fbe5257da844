// The commands of scenarios; tests/scenarios/README.md documents every one.
#pragma once

#include <string>

#include "tests/scenarios/world.h"

namespace tamada::router::scenario {

// Carries out one command. Returns its error in words, empty when it was understood.
[[nodiscard]] std::string carry_out(World& world, const std::string& command);

}  // namespace tamada::router::scenario
