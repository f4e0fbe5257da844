// From the JSON of /config (or bootstrap.dcs) to DynamicSettings. Pure.
//
// Each setting for itself: one that cannot be used is named, its former value stays, and all others apply.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/patroni/dynamic/dynamic_settings.h"
#include "common/patroni/dynamic/python_value.h"

namespace tamada::patroni {

enum class FindingKind : std::uint8_t {
  invalid,      // not usable: the former value or the default stays
  adjusted,     // usable, but not as it was written
  no_effect,    // usable, but something else keeps it from having any effect
  unknown,      // no such setting
  local_only,   // only a node's own file may have it
  unsupported,  // a setting of Patroni that this agent does not have yet
};

struct DynamicFinding {
  FindingKind kind = FindingKind::invalid;
  std::string key;  // "postgresql.use_slots"
  std::string message;
  bool operator==(const DynamicFinding&) const = default;
};

// What Patroni has and this agent does not have yet.
enum class Unsupported : std::uint8_t { standby_cluster, quorum_commit, failsafe_mode, logical_slots };
[[nodiscard]] std::string_view name_of(Unsupported what);

struct ReadDynamicSettings {
  DynamicSettings settings;  // as it was asked for, with what is not supported
  std::vector<DynamicFinding> findings;
  std::vector<Unsupported> unsupported;  // each also among the findings
};

// `document`: an object; anything else is one finding with an empty key, and `former` stays. `former`: what
// is in force; at start the defaults. A key that is absent or null has its default, whatever it was before.
[[nodiscard]] ReadDynamicSettings read_dynamic_settings(const ConfigValue& document,
                                                        const DynamicSettings& former = {});

// The names of the settings of the first level, without the older names of some.
[[nodiscard]] const std::vector<std::string_view>& dynamic_setting_names();

}  // namespace tamada::patroni
