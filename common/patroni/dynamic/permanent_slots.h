// The replication slots that the shared configuration names. Inner part of read_dynamic_settings.cpp.
#pragma once

#include <string>
#include <vector>

#include "common/patroni/dynamic/dynamic_settings.h"
#include "common/patroni/dynamic/read_dynamic_settings.h"

namespace tamada::patroni {

// `key`: which of the names `slots` has here. A slot that cannot be used is named in `findings` and left out.
[[nodiscard]] std::vector<PermanentSlot> read_permanent_slots(const std::string& key,
                                                              const ConfigValue& value,
                                                              std::vector<DynamicFinding>& findings);

[[nodiscard]] std::vector<IgnoredSlot> read_ignored_slots(const ConfigValue& value,
                                                          std::vector<DynamicFinding>& findings);

}  // namespace tamada::patroni
