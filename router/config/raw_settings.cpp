#include "router/config/raw_settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "router/config/setting_value.h"
#include "router/config/settings.h"

namespace tamada::router {

namespace {

constexpr std::string_view prefix = "TAMADA_";

std::string join(std::string_view path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

std::string shown(std::string_view name) {
  constexpr std::size_t enough = 60;
  return name.size() <= enough ? std::string(name) : std::string(name.substr(0, enough)) + "...";
}

std::string_view kind_name(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::scalar:
      return "a value";
    case YamlNode::Kind::list:
      return "a list";
    case YamlNode::Kind::map:
      return "settings";
  }
  return "";
}

bool is_listener_name(std::string_view name) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= 40 && std::all_of(name.begin(), name.end(), good);
}

// Kubernetes and Docker set such variables for every service near by: TAMADA_ROUTER_SERVICE_HOST=10.0.0.1,
// TAMADA_ROUTER_PORT=tcp://10.0.0.1:5000, TAMADA_ROUTER_PORT_5000_TCP_ADDR=... Nobody meant us by them.
bool is_service_link(std::string_view name, std::string_view value) {
  const auto has = [&](std::string_view part) { return name.find(part) != std::string_view::npos; };
  if (name.ends_with("_SERVICE_HOST") || has("_SERVICE_PORT")) return true;
  if (has("_PORT_") && (has("_TCP") || has("_UDP"))) return true;
  return name.ends_with("_PORT") && (value.starts_with("tcp://") || value.starts_with("udp://"));
}

class Collector {
 public:
  Collector(std::string_view file_name, std::vector<ConfigError>& errors)
      : file_name_(file_name), errors_(errors) {}

  RawSettings take() { return std::move(raw_); }

  void add_file(const YamlDocument& file) {
    const YamlNode& tree = file.root;
    if (!file.whole) raw_.unclear.insert("");
    if (tree.kind == YamlNode::Kind::map) {
      add_section(tree, "", "");
    } else if (tree.kind != YamlNode::Kind::null) {
      raw_.unclear.insert("");
      report(tree.place, "",
             fmt::format("expected settings such as \"cluster: ...\", found {}", kind_name(tree)));
    }
  }

  void add_environment(const Environment& environment) {
    if (raw_.listeners.empty()) raw_.listeners = {"write", "read"};
    for (const auto& [name, value] : environment) {
      if (!name.starts_with(prefix) || trimmed(value).empty()) continue;
      const std::string listener = new_listener(name);
      if (!listener.empty()) raw_.listeners.push_back(listener);
    }
    for (const auto& [name, value] : environment) {
      if (name.starts_with(prefix) && !trimmed(value).empty()) add_variable(name, trimmed(value));
    }
  }

 private:
  void report(YamlPlace place, std::string path, std::string message) {
    errors_.push_back({file_name_, place.line, place.column, std::move(path), std::move(message)});
  }
  [[nodiscard]] Place place_in_file(YamlPlace place) const { return {file_name_, place.line, place.column}; }

  void add_section(const YamlNode& map, const std::string& path, const std::string& pattern) {
    raw_.sections[path] = place_in_file(map.place);
    if (!map.complete) raw_.unclear.insert(path);
    for (const auto& [key, node] : map.entries) {
      const bool is_listener = pattern == "listeners";
      if (is_listener && !add_listener(key)) continue;
      const std::string child = join(path, key.text);
      const std::string child_pattern = is_listener ? "listeners.*" : join(pattern, key.text);
      const bool one_name = is_listener || key.text.find_first_of(".*") == std::string::npos;
      const Setting* setting = one_name ? find_setting(child_pattern) : nullptr;
      const bool section = one_name && is_section(child_pattern);
      if (setting == nullptr && !section) {
        raw_.unclear.insert(path);
        report(key.place, path, unknown_setting(key.text, pattern));
      } else if (section && node.kind == YamlNode::Kind::map) {
        add_section(node, child, child_pattern);
      } else if (section && node.kind == YamlNode::Kind::null) {
        raw_.sections[child] = place_in_file(key.place);
      } else if (setting != nullptr) {
        add_value(*setting, node, child);
      } else {
        raw_.unclear.insert(child);
        report(node.place, child, fmt::format("expected settings under it, found {}", kind_name(node)));
      }
    }
  }

  bool add_listener(const YamlKey& key) {
    if (!is_listener_name(key.text)) {
      report(key.place, "listeners",
             fmt::format("\"{}\" cannot be a listener's name; expected letters, digits, - and _",
                         shown(key.text)));
      return false;
    }
    for (const std::string& other : raw_.listeners) {
      if (variable_name(other) != variable_name(key.text)) continue;
      report(key.place, "listeners",
             fmt::format("\"{}\" and \"{}\" have the same name in the environment ({}_...)", other, key.text,
                         variable_name("listeners." + key.text)));
      return false;
    }
    raw_.listeners.push_back(key.text);
    return true;
  }

  static std::string unknown_setting(const std::string& name, const std::string& pattern) {
    std::string words = fmt::format("unknown setting \"{}\"", shown(name));
    const auto known = names_under(pattern);
    const std::string hint = did_you_mean(name, known);
    if (!hint.empty()) return words + hint;
    for (const Setting& row : settings()) {
      if (!row.path.ends_with("." + name)) continue;
      return words +
             fmt::format(" (it belongs under \"{}\")", row.path.substr(0, row.path.size() - name.size() - 1));
    }
    return words + "; expected " + listed(known);
  }

  void add_value(const Setting& setting, const YamlNode& node, const std::string& path) {
    RawValue value{{}, place_in_file(node.place), false};
    if (node.kind == YamlNode::Kind::scalar) {
      if (!setting.is_list()) {
        value.items.push_back({std::string(trimmed(node.text)), value.place});
      } else {
        for (std::string& part : split_list(node.text)) value.items.push_back({std::move(part), value.place});
      }
    } else if (node.kind == YamlNode::Kind::list && setting.joins_list) {
      std::string joined;
      for (const YamlNode& item : node.items) {
        if (item.kind != YamlNode::Kind::scalar) {
          report(item.place, path, fmt::format("{} in the list; expected {}", kind_name(item), setting.type));
          return;
        }
        if (!joined.empty()) joined += ", ";
        joined += trimmed(item.text);
      }
      value.items.push_back({std::move(joined), value.place});
    } else if (node.kind == YamlNode::Kind::list && setting.is_list()) {
      const bool may_be_map = setting.path == "cluster.nodes";
      for (const YamlNode& item : node.items) {
        if (item.kind == YamlNode::Kind::scalar) {
          value.items.push_back({std::string(trimmed(item.text)), place_in_file(item.place)});
        } else if (item.kind == YamlNode::Kind::map && may_be_map) {
          value.items.push_back({"", place_in_file(item.place), &item});
        } else {
          report(item.place, path, fmt::format("{} in the list; expected {}", kind_name(item), setting.type));
        }
      }
    } else if (node.kind == YamlNode::Kind::null) {
      report(node.place, path, fmt::format("no value; expected {}, or leave the line out", setting.type));
      return;
    } else {
      report(node.place, path, fmt::format("found {}; expected {}", kind_name(node), setting.type));
      return;
    }
    raw_.values[path] = std::move(value);
  }

  // The listener that TAMADA_LISTENERS_name_BIND makes, if there is none of that name; else empty.
  [[nodiscard]] std::string new_listener(std::string_view variable) const {
    constexpr std::string_view begin = "TAMADA_LISTENERS_";
    constexpr std::string_view end = "_BIND";
    if (!variable.starts_with(begin) || !variable.ends_with(end) ||
        variable.size() <= begin.size() + end.size()) {
      return {};
    }
    std::string name(variable.substr(begin.size(), variable.size() - begin.size() - end.size()));
    for (const std::string& known : raw_.listeners) {
      if (variable_name("listeners." + known + ".bind") == variable) return {};
    }
    for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    return is_listener_name(name) ? name : "";
  }

  void add_variable(const std::string& name, std::string_view text) {
    const std::string path = name == "TAMADA_NODES" ? "cluster.nodes" : path_of(name);
    if (path.empty()) {
      if (!is_service_link(name, text)) unknown_variable(name);
      return;
    }
    const auto same = raw_.values.find(path);
    if (same != raw_.values.end() && same->second.from_environment) {
      errors_.push_back(
          {name, 0, 0, path, fmt::format("also set by {}; use one of them", same->second.place.file)});
      return;
    }
    RawValue value{{}, {name, 0, 0}, true};
    if (find_setting(pattern_of(path))->is_list()) {
      for (std::string& part : split_list(text)) value.items.push_back({std::move(part), value.place});
    } else {
      value.items.push_back({std::string(text), value.place});
    }
    raw_.values[path] = std::move(value);
    overrule_switch(path);
  }

  // `stats: off` in the file and TAMADA_STATS_BIND: the environment wins.
  void overrule_switch(const std::string& path) {
    const auto above = raw_.values.find(path.substr(0, path.rfind('.')));
    if (above != raw_.values.end() && above->first != path && !above->second.from_environment)
      raw_.values.erase(above);
  }

  [[nodiscard]] std::vector<std::string> known_paths() const {
    std::vector<std::string> paths;
    constexpr std::string_view of_each = "listeners.*.";
    for (const Setting& row : settings()) {
      if (!row.path.starts_with(of_each)) {
        paths.push_back(row.path);
        continue;
      }
      for (const std::string& listener : raw_.listeners) {
        paths.push_back(fmt::format("listeners.{}.{}", listener, row.path.substr(of_each.size())));
      }
    }
    return paths;
  }

  [[nodiscard]] std::string path_of(std::string_view variable) const {
    for (const std::string& path : known_paths()) {
      if (variable_name(path) == variable) return path;
    }
    return {};
  }

  void unknown_variable(const std::string& name) {
    raw_.unclear.insert("");
    std::vector<std::string> names{"TAMADA_NODES"};
    for (const std::string& path : known_paths()) names.push_back(variable_name(path));
    // Compared without the part that all have in common, which would make anything look near.
    std::vector<std::string_view> known;
    for (const std::string& each : names) known.push_back(std::string_view(each).substr(prefix.size()));
    const std::string nearest = nearest_word(std::string_view(name).substr(prefix.size()), known);
    errors_.push_back({shown(name), 0, 0, "",
                       nearest.empty()
                           ? "unknown variable; docs/configuration.md names all of them"
                           : fmt::format("unknown variable (did you mean \"{}{}\"?)", prefix, nearest)});
  }

  std::string file_name_;
  std::vector<ConfigError>& errors_;
  RawSettings raw_;
};

}  // namespace

RawSettings collect_settings(const YamlDocument& file, std::string_view file_name,
                             const Environment& environment, std::vector<ConfigError>& errors) {
  Collector collector(file_name, errors);
  collector.add_file(file);
  collector.add_environment(environment);
  return collector.take();
}

std::string pattern_of(std::string_view path) {
  constexpr std::string_view listeners = "listeners.";
  if (!path.starts_with(listeners)) return std::string(path);
  const auto dot = path.find('.', listeners.size());
  return "listeners.*" + (dot == std::string_view::npos ? "" : std::string(path.substr(dot)));
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = text.find_first_of(",\n");
    const std::string_view part = trimmed(text.substr(0, end));
    if (!part.empty()) parts.emplace_back(part);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

}  // namespace tamada::router
