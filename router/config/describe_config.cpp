// describe(): the configuration in force, as YAML, by way of the table of settings.
#include <fmt/format.h>

#include <algorithm>

#include "router/config/load_router_config.h"
#include "router/config/setting_value.h"
#include "router/config/settings.h"

namespace tamada::router {

namespace {

std::string value_text(const Setting& setting, const SettingScope& scope) {
  const auto texts = setting.get(scope);
  if (setting.secret) return texts.empty() ? "" : "\"***\"";
  if (!setting.is_list()) return texts.empty() ? "" : as_yaml(texts.front());
  if (texts.empty()) return "[]";
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ", ";
    out += text.starts_with('{') ? text : as_yaml(text);  // a node stands as a map
  }
  return out + "]";
}

class Description {
 public:
  // `path` as in the table, with the listener's name; opens the sections it needs.
  void add(std::string_view path, const std::string& value) {
    std::vector<std::string> parts;
    for (std::string_view rest = path;;) {
      const auto dot = rest.find('.');
      parts.emplace_back(rest.substr(0, dot));
      if (dot == std::string_view::npos) break;
      rest.remove_prefix(dot + 1);
    }
    std::size_t common = 0;
    while (common < open_.size() && common + 1 < parts.size() && open_[common] == parts[common]) ++common;
    for (open_.resize(common); open_.size() + 1 < parts.size(); open_.push_back(parts[open_.size()])) {
      text_ += fmt::format("{}{}:\n", std::string(open_.size() * 2, ' '), parts[open_.size()]);
    }
    text_ += fmt::format("{}{}: {}\n", std::string(open_.size() * 2, ' '), parts.back(), value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::vector<std::string> open_;
  std::string text_;
};

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
  Description description;
  const auto add = [&](const Setting& setting, ListenerConfig& listener) {
    if (left_out(setting, config, listener)) return;
    if (setting.path.starts_with("cluster.etcd.") && !config.cluster.etcd) return;
    const std::string value = value_text(setting, {copy, listener, etcd});
    if (value.empty()) return;
    // The password stands in its file; naming both would not load again.
    if (setting.path == "stats.admin_password" && !config.stats.admin_password_file.empty()) return;
    if (setting.path == "cluster.api_password" && !config.cluster.api_password_file.empty()) return;
    std::string path = setting.path;
    if (const auto star = path.find('*'); star != std::string::npos)
      path.replace(star, 1, listener.policy.name);
    description.add(path, value);
  };
  bool listeners_done = false;
  for (const Setting& setting : settings()) {
    if (!setting.path.starts_with("listeners.")) {
      add(setting, none);
    } else if (!std::exchange(listeners_done, true)) {
      for (ListenerConfig& listener : copy.listeners) {
        for (const Setting& each : settings()) {
          if (each.path.starts_with("listeners.")) add(each, listener);
        }
      }
    }
  }
  return description.take();
}

}  // namespace tamada::router
