// What the guard cannot do on this machine, for people: it runs all the same. Pure.
#pragma once

#include <string>
#include <vector>

#include "agent/guard/protocol/report.h"

namespace tamada::agent {

// A sentence for each; empty: it can do all it is for.
[[nodiscard]] std::vector<std::string> guard_warnings(const guard::GuardAbilities& abilities);

}  // namespace tamada::agent
