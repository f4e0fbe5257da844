// The agent's table of settings: every key of patroni.yml that is known, with its reader and its default
// (common/config/settings_table.h says what a row is). The sections of custom methods are not in it, since
// people name them (custom_methods.h), nor is what stands below bootstrap.dcs, postgresql.parameters and tags.
#pragma once

#include "agent/config/agent_config.h"
#include "agent/config/typed_values.h"
#include "common/config/settings_table.h"

namespace tamada::agent {

struct SettingScope {
  AgentConfig& config;
  SettingNotes& notes;  // what is taken, but told
};

using Setting = SettingRow<SettingScope>;

[[nodiscard]] const SettingsTable<SettingScope>& settings();

// Those of the section postgresql that the shared configuration may set as well: "pg_hba", "callbacks", ...
[[nodiscard]] bool is_shared_postgres_key(std::string_view key);

}  // namespace tamada::agent
