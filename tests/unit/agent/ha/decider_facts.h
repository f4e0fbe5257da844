// What a step tells people.
#pragma once

#include <algorithm>
#include <iterator>
#include <vector>

#include "agent/ha/ha_step.h"

namespace tamada::ha {

[[nodiscard]] inline std::vector<HaFact> told(const Step& step, HaFactKind kind) {
  std::vector<HaFact> found;
  std::copy_if(step.facts.begin(), step.facts.end(), std::back_inserter(found),
               [kind](const HaFact& one) { return one.kind == kind; });
  return found;
}

}  // namespace tamada::ha
