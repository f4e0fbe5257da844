#include "agent/config/settings.h"

#include <algorithm>
#include <array>

#include "agent/config/setting_rows.h"

namespace tamada::agent {

namespace {

std::vector<Setting> all_settings() {
  std::vector<Setting> all;
  for (const auto add : {rows::add_process_settings, rows::add_api_settings, rows::add_etcd_settings,
                         rows::add_bootstrap_settings, rows::add_postgres_settings}) {
    add(all);
  }
  return all;
}

SettingsRules rules() {
  SettingsRules rules;
  rules.prefix = "PATRONI_";
  rules.example = "scope: ...";
  rules.reference = "config/agent.example.yml";
  rules.unknown_is_error = false;
  return rules;
}

constexpr std::array<std::string_view, 7> local_postgres_keys{
    "connect_address", "proxy_address", "listen", "config_dir", "data_dir", "pgpass", "authentication"};

}  // namespace

const SettingsTable<SettingScope>& settings() {
  static const SettingsTable<SettingScope> table(all_settings(), rules());
  return table;
}

bool is_shared_postgres_key(std::string_view key) {
  if (key == "parameters" || key == "use_slots") return false;
  return std::find(local_postgres_keys.begin(), local_postgres_keys.end(), key) == local_postgres_keys.end();
}

}  // namespace tamada::agent
