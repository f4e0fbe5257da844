#include "router/config/load_router_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <span>
#include <utility>

#include "common/base/utf8.h"
#include "router/config/config_checks.h"
#include "router/config/raw_settings.h"
#include "router/config/setting_value.h"
#include "router/config/settings.h"
#include "router/config/yaml_tree.h"

namespace tamada::router {

namespace {

constexpr std::array<std::string_view, 3> node_settings{"name", "postgres", "api"};

// Why no setting takes this text, or nothing. A log line or an HTTP header must not get a control character
// from here.
std::string_view refused_text(std::string_view text) {
  constexpr std::size_t longest = 4096;
  if (text.size() > longest) return "longer than 4096 bytes";
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char c = read_utf8(text.substr(at));
    if (!c.valid || is_control(c.code)) return "holds a control character or is not UTF-8; expected text";
    at += c.length;
  }
  return {};
}

class Loader {
 public:
  Loader(const RawSettings& raw, const FileReader& read_file, std::vector<ConfigError>& errors)
      : raw_(raw), read_file_(read_file), errors_(errors), config_(default_router_config()) {}

  RouterConfig run() {
    config_.listeners.clear();
    for (const std::string& name : raw_.listeners) config_.listeners.push_back(default_listener(name));
    ListenerConfig none;
    for (const Setting& setting : settings()) {
      if (!setting.path.starts_with("listeners.*")) {
        set(setting, setting.path, none);
        continue;
      }
      for (ListenerConfig& listener : config_.listeners) {
        set(setting,
            "listeners." + listener.policy.name + setting.path.substr(std::string_view("listeners.*").size()),
            listener);
      }
    }
    // "read" falls back to the leader unless asked not to; that is meant for `to: replica` alone.
    for (ListenerConfig& listener : config_.listeners) {
      const bool asked = raw_.values.count("listeners." + listener.policy.name + ".otherwise") > 0;
      const bool plain = listener.policy.to == Target::replica && listener.policy.reserves.empty();
      if (!asked && !plain) listener.policy.otherwise_leader = false;
    }
    if (has_etcd_ || raw_.sections.count("cluster.etcd") > 0) config_.cluster.etcd = etcd_;
    take_password("stats.admin_password_file", config_.stats.admin_password_file,
                  config_.stats.admin_password);
    take_password("cluster.api_password_file", config_.cluster.api_password_file,
                  config_.cluster.api_password);
    // The router reads it again at each login; here only whether there is one.
    std::string etcd_password;
    take_password("cluster.etcd.password_file", etcd_.password_file, etcd_password);
    take_users();
    return std::move(config_);
  }

  // Where each node of the configuration stands.
  [[nodiscard]] std::span<const Place> node_places() const { return node_places_; }

 private:
  void report(const Place& place, std::string path, std::string message) {
    errors_.push_back({place.file, place.line, place.column, std::move(path), std::move(message)});
  }

  void set(const Setting& setting, const std::string& path, ListenerConfig& listener) {
    const auto found = raw_.values.find(path);
    if (found == raw_.values.end()) return;
    if (path.starts_with("cluster.etcd.")) has_etcd_ = true;
    SettingScope scope{config_, listener, etcd_};
    const bool is_nodes = path == "cluster.nodes";
    if (setting.is_list()) setting.clear(scope);
    if (is_nodes) node_places_.clear();
    for (const RawItem& item : found->second.items) {
      if (item.map != nullptr) {
        add_node(*item.map, item.place);
        continue;
      }
      if (const auto why = refused_text(item.text); !why.empty()) {
        report(item.place, path, std::string(why));
        continue;
      }
      const auto done = setting.set(scope, item.text);
      if (!done) {
        report(item.place, path, done.error().message);
      } else if (setting.is_file) {
        check_readable(item, path);
      } else if (is_nodes) {
        node_places_.push_back(item.place);
      }
    }
  }

  void check_readable(const RawItem& item, const std::string& path) {
    const auto content = read_file_(item.text);
    if (!content) return report(item.place, path, content.error().message);
    config_.files.push_back({path, item.text, std::hash<std::string>{}(*content)});
  }

  // A node written as a map: {name: pg1, postgres: "pg1:5433", api: "https://pg1:8008"}; what is left out
  // follows from the rest.
  void add_node(const YamlNode& map, const Place& place) {
    const std::string path = "cluster.nodes";
    const std::size_t errors_before = errors_.size();
    std::array<const YamlNode*, node_settings.size()> found{};
    for (const auto& [key, value] : map.entries) {
      const auto known = std::find(node_settings.begin(), node_settings.end(), key.text);
      const Place key_place{place.file, key.place.line, key.place.column};
      if (known == node_settings.end()) {
        const std::string hint = did_you_mean(key.text, node_settings);
        report(key_place, path,
               fmt::format("unknown setting \"{}\" of a node{}", key.text.substr(0, 60),
                           hint.empty() ? "; expected " + listed(node_settings) : hint));
      } else if (value.kind != YamlNode::Kind::scalar || value.text.empty()) {
        report(key_place, path, fmt::format("{}: expected text", key.text));
      } else if (const auto why = refused_text(value.text); !why.empty()) {
        report(key_place, path, fmt::format("{}: {}", key.text, why));
      } else {
        found[static_cast<std::size_t>(known - node_settings.begin())] = &value;
      }
    }
    if (errors_.size() > errors_before) return;
    const auto& [name, postgres, api] = found;
    if (name == nullptr && postgres == nullptr && api == nullptr) {
      return report(place, path, "an empty node; expected e.g. {name: pg1, postgres: \"pg1:5432\"}");
    }
    const ClusterConfig& cluster = config_.cluster;
    NodeConfig node;
    const auto check = [&](const auto& result, const YamlNode* from) {
      if (!result) report({place.file, from->place.line, from->place.column}, path, result.error().message);
    };
    if (api != nullptr) check(parse_api(api->text, cluster.api_scheme, cluster.api_port, node), api);
    if (const YamlNode* from = postgres != nullptr ? postgres : api != nullptr ? nullptr : name) {
      auto parsed = HostPort::parse(from->text, cluster.postgres_port);
      check(parsed, from);
      if (parsed) node.postgres = *parsed;
    } else {
      node.postgres = {node.api.host, cluster.postgres_port};
    }
    if (errors_.size() > errors_before) return;
    if (api == nullptr) {
      node.api_scheme = cluster.api_scheme;
      node.api = {node.postgres.host, cluster.api_port};
    }
    node.name = name != nullptr ? name->text : node.postgres.host;
    config_.cluster.nodes.push_back(std::move(node));
    node_places_.push_back(place);
  }

  // The content of a setting's file, if one is named and it can be read (else that is told already).
  [[nodiscard]] std::optional<std::string> content_of(const std::string& file) const {
    if (file.empty()) return std::nullopt;
    auto content = read_file_(file);
    return content ? std::optional(std::move(*content)) : std::nullopt;
  }

  void report_file(const std::string& path, std::string message) {
    report(raw_.values.find(path)->second.place, path, std::move(message));
  }

  void take_password(const std::string& path, const std::string& file, std::string& password) {
    auto content = content_of(file);
    if (!content) return;
    auto found = password_in(*content, file);
    if (!found) return report_file(path, found.error().message);
    password = *std::move(found);
  }

  void take_users() {
    const std::string path = "stats.users_file";
    const std::string& name = config_.stats.users_file;
    const auto content = content_of(name);
    if (!content) return;
    UsersFile file = parse_users_file(*content);
    for (const UsersFile::BadLine& line : file.bad) {
      report_file(path, fmt::format("{}:{}: {}", name, line.number, line.message));
    }
    if (file.bad_beyond > 0) {
      report_file(path, fmt::format("{}: further {} lines that cannot be used", name, file.bad_beyond));
    }
    if (file.users.empty() && file.bad.empty()) {
      report_file(path, fmt::format("{} names nobody; expected a NAME:HASH a line", name));
    }
    config_.stats.file_users = std::move(file.users);
  }

  const RawSettings& raw_;
  const FileReader& read_file_;
  std::vector<ConfigError>& errors_;
  RouterConfig config_;
  EtcdConfig etcd_;
  std::vector<Place> node_places_;
  bool has_etcd_ = false;
};

}  // namespace

Result<std::string> password_in(std::string_view content, const std::string& path) {
  while (content.ends_with('\n') || content.ends_with('\r')) content.remove_suffix(1);
  if (content.empty())
    return fail(ErrorKind::invalid, fmt::format("{} is empty; expected the password", path));
  return std::string(content);
}

LoadedConfig load_router_config(std::string_view text, std::string_view file_name,
                                const Environment& environment, const Machine& machine) {
  std::vector<ConfigError> errors;
  const YamlDocument file = parse_yaml(text, file_name, errors);
  const RawSettings raw = collect_settings(file, file_name, environment, errors);
  Loader loader(raw, machine.read_file, errors);
  RouterConfig config = loader.run();
  const auto findings = machine.check ? machine.check(config) : std::vector<MachineFinding>{};
  check_config(config, raw, {loader.node_places(), findings}, file_name, errors);
  if (errors.empty()) return config;
  std::stable_sort(errors.begin(), errors.end(), [](const ConfigError& a, const ConfigError& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  return tl::make_unexpected(std::move(errors));
}

}  // namespace tamada::router
