// describe(): the configuration in force, as YAML, by way of the table of settings.
#include <fmt/format.h>

#include <utility>

#include "common/config/settings_yaml.h"
#include "router/config/load_router_config.h"
#include "router/config/settings.h"

namespace tamada::router {

namespace {

// `keepalive:` and `stats:` are either a switch or a section; the switch is shown when it is off.
bool left_out(const Setting& setting, const RouterConfig& config, const ListenerConfig& listener) {
  const bool stats_off = config.stats.bind.empty() && config.stats.sockets.empty();
  const bool off = setting.path.starts_with("stats") ? stats_off : !listener.keepalive.on;
  const bool is_switch = setting.path == "stats" || setting.path == "listeners.*.keepalive";
  if (is_switch) return !off;
  const bool is_under =
      setting.path.starts_with("stats.") || setting.path.starts_with("listeners.*.keepalive.");
  return is_under && off;
}

}  // namespace

std::vector<std::string> notes_on(const RouterConfig& config) {
  std::vector<std::string> notes;
  for (const StatsSocket& socket : config.stats.sockets) {
    for (const std::string& words : socket.without_effect) {
      notes.push_back(fmt::format("stats.socket: {}: \"{}\" has no effect here",
                                  socket.path.empty() ? socket.address.to_string() : socket.path, words));
    }
  }
  return notes;
}

std::string describe(const RouterConfig& config) {
  RouterConfig copy = config;
  EtcdConfig etcd = config.cluster.etcd.value_or(EtcdConfig{});
  ListenerConfig none;
  SettingsYaml description;
  const auto add = [&](const Setting& setting, ListenerConfig& listener) {
    if (left_out(setting, config, listener)) return;
    if (setting.path.starts_with("cluster.etcd.") && !config.cluster.etcd) return;
    const std::string value = yaml_value<SettingScope>(setting, {copy, listener, etcd});
    if (value.empty()) return;
    // The password stands in its file; naming both would not load again.
    if (setting.path == "stats.admin_password" && !config.stats.admin_password_file.empty()) return;
    if (setting.path == "cluster.api_password" && !config.cluster.api_password_file.empty()) return;
    description.add(path_with_name(setting, listener.policy.name), value);
  };
  bool listeners_done = false;
  for (const Setting& setting : settings().rows()) {
    if (!setting.path.starts_with("listeners.")) {
      add(setting, none);
    } else if (!std::exchange(listeners_done, true)) {
      for (ListenerConfig& listener : copy.listeners) {
        for (const Setting& each : settings().rows()) {
          if (each.path.starts_with("listeners.")) add(each, listener);
        }
      }
    }
  }
  return description.take();
}

}  // namespace tamada::router
