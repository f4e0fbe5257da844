#include "agent/control/server/guard_warnings.h"

#include <fmt/format.h>

#include "common/base/errno_text.h"

namespace tamada::agent {

std::vector<std::string> guard_warnings(const guard::GuardAbilities& abilities) {
  std::vector<std::string> warnings;
  if (abilities.memory_lock_code != 0) {
    warnings.push_back(fmt::format(
        "the guard's memory is not locked ({}): on a machine that swaps it may end PostgreSQL too late; "
        "raise the limit of locked memory (LimitMEMLOCK=infinity, ulimit -l)",
        describe_errno(abilities.memory_lock_code)));
  }
  if (!abilities.sees_processes) {
    warnings.emplace_back(
        "the guard sees no processes, so it can end the postmaster alone, and not what it has left behind; "
        "mount /proc");
  }
  return warnings;
}

}  // namespace tamada::agent
