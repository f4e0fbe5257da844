#include "router/config/settings.h"

#include "router/config/setting_rows.h"

namespace tamada::router {

namespace {

std::vector<Setting> all_settings() {
  std::vector<Setting> rows;
  for (const auto add :
       {add_cluster_settings, add_listener_settings, add_stats_settings, add_process_settings}) {
    add(rows);
  }
  return rows;
}

SettingsRules rules() {
  SettingsRules rules;
  rules.prefix = "TAMADA_";
  rules.other_variables = {{"TAMADA_NODES", "cluster.nodes"}};
  rules.named = {{"listeners", "listener", {"write", "read"}, "bind"}};
  rules.example = "cluster: ...";
  rules.reference = "docs/configuration.md";
  return rules;
}

}  // namespace

const SettingsTable<SettingScope>& settings() {
  static const SettingsTable<SettingScope> table(all_settings(), rules());
  return table;
}

ListenerConfig default_listener(std::string_view name) {
  ListenerConfig listener;
  listener.policy.name = name;
  if (name == "write") listener.bind = {{"0.0.0.0", 5000}};
  if (name == "read") {
    listener.bind = {{"0.0.0.0", 5001}};
    listener.policy.to = Target::replica;
    listener.policy.otherwise_leader = true;
  }
  return listener;
}

RouterConfig default_router_config() {
  RouterConfig config;
  config.listeners = {default_listener("write"), default_listener("read")};
  config.stats.bind = {{"0.0.0.0", 7000}};
  return config;
}

}  // namespace tamada::router
