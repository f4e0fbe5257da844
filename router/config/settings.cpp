#include "router/config/settings.h"

#include <algorithm>

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

}  // namespace

std::span<const Setting> settings() {
  static const std::vector<Setting> rows = all_settings();
  return rows;
}

const Setting* find_setting(std::string_view pattern) {
  for (const Setting& row : settings()) {
    if (row.path == pattern) return &row;
  }
  return nullptr;
}

bool is_section(std::string_view pattern) {
  return !names_under(pattern).empty();
}

std::vector<std::string_view> names_under(std::string_view section) {
  std::vector<std::string_view> names;
  const std::string prefix = section.empty() ? "" : std::string(section) + ".";
  for (const Setting& row : settings()) {
    if (!row.path.starts_with(prefix)) continue;
    const auto rest = std::string_view(row.path).substr(prefix.size());
    const auto name = rest.substr(0, rest.find('.'));
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

std::string variable_name(std::string_view path) {
  std::string name = "TAMADA_";
  for (const char c : path) {
    name += c == '.' || c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  }
  return name;
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
